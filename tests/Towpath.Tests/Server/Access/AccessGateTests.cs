using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;

namespace Towpath.Tests.Server.Access;

public sealed class AccessGateTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_the_token_nothing_of_the_api_is_answered()
    {
        await using var server = await RunningServer.StartAsync();
        using var client = server.NewClient();
        foreach (var path in new[] { "/api/v1/projects", "/api/v1/openapi.json", "/api/v1/events", "/api/v1/nothing",
            "/git/shop.git/info/refs" })
            Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync(path, Cancel)).StatusCode);
        Assert.Contains("Authorization: Bearer", await RunningServer.DetailAsync(await client.GetAsync("/api/v1/projects", Cancel), 401));
    }

    [Theory]
    [InlineData("Bearer", RunningServer.Token, 200)]
    [InlineData("Bearer", RunningServer.Token + "x", 401)]
    [InlineData("Bearer", "", 401)]
    [InlineData("Basic", "git:" + RunningServer.Token, 200)]
    [InlineData("Basic", ":" + RunningServer.Token, 200)]
    [InlineData("Basic", RunningServer.Token + ":", 401)]
    [InlineData("Basic", RunningServer.Token, 401)]
    [InlineData("Digest", RunningServer.Token, 401)]
    public async Task The_token_is_taken_as_bearer_and_as_password_and_nothing_else_is(string scheme, string value, int status)
    {
        await using var server = await RunningServer.StartAsync();
        using var client = server.NewClient();
        var shown = scheme == "Basic" ? Convert.ToBase64String(Encoding.UTF8.GetBytes(value)) : value;
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"{scheme} {shown}");
        Assert.Equal(status, (int)(await client.GetAsync("/api/v1/projects", Cancel)).StatusCode);
    }

    [Fact]
    public async Task Git_is_asked_for_a_password()
    {
        await using var server = await RunningServer.StartAsync();
        using var client = server.NewClient();
        using var response = await client.GetAsync("/git/shop.git/info/refs", Cancel);
        Assert.Equal("Basic realm=\"Towpath\"", response.Headers.WwwAuthenticate.ToString());
    }

    [Theory]
    [InlineData("evil.example", 421)]
    [InlineData("evil.example:80", 421)]
    [InlineData("127.0.0.1.evil.example", 421)]
    [InlineData("10.0.0.1", 421)]
    [InlineData("localhost", 200)]
    [InlineData("[::1]", 200)]
    [InlineData("127.0.0.1:1", 200)]
    public async Task Only_its_own_hosts_are_answered(string host, int status)
    {
        await using var server = await RunningServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/projects") { Headers = { Host = host } };
        Assert.Equal(status, (int)(await server.Client.SendAsync(request, Cancel)).StatusCode);
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-origin", 404)]
    [InlineData("Sec-Fetch-Site", "none", 404)]
    [InlineData("Origin", "http://evil.example", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Origin", "http://127.0.0.1:1", 403)]
    public async Task A_page_of_another_site_cannot_change_anything(string header, string value, int status)
    {
        await using var server = await RunningServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/projects/shop/runs/1/cancel");
        request.Headers.TryAddWithoutValidation(header, value);
        Assert.Equal(status, (int)(await server.Client.SendAsync(request, Cancel)).StatusCode);
    }

    [Fact]
    public async Task Its_own_pages_can()
    {
        await using var server = await RunningServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/projects/shop/runs/1/cancel");
        request.Headers.TryAddWithoutValidation("Origin", server.Url.GetLeftPart(UriPartial.Authority));
        Assert.Equal(HttpStatusCode.NotFound, (await server.Client.SendAsync(request, Cancel)).StatusCode);
    }

    [Fact]
    public async Task Wrong_tokens_are_slowed_down_and_the_right_one_still_works_on_this_machine()
    {
        await using var server = await RunningServer.StartAsync();
        using var client = server.NewClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "guess");
        var answers = new List<int>();
        for (var i = 0; i < 25; i++)
            answers.Add((int)(await client.GetAsync("/api/v1/projects", Cancel)).StatusCode);
        Assert.Equal([.. Enumerable.Repeat(401, 20), .. Enumerable.Repeat(429, 5)], answers);
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/api/v1/projects", Cancel)).StatusCode);
        server.Time.Add(TimeSpan.FromMinutes(1));
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/projects", Cancel)).StatusCode);
    }

    [Fact]
    public async Task Browsers_are_told_to_be_strict()
    {
        await using var server = await RunningServer.StartAsync();
        using var response = await server.Client.GetAsync("/api/v1/projects", Cancel);
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'self'", policy);
        Assert.Contains("frame-ancestors 'none'", policy);
        Assert.DoesNotContain("unsafe-inline", policy);
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.True(response.Headers.CacheControl!.NoStore);
    }

    [Fact]
    public async Task Anybody_may_ask_whether_it_is_well()
    {
        await using var server = await RunningServer.StartAsync();
        using var client = server.NewClient();
        Assert.Equal("ok", (await client.GetStringAsync("/healthz", Cancel)).Trim());
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused_with_a_sentence()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        var body = new { reason = new string('x', 2_000_000) };
        using var response = await server.PostAsync("/api/v1/projects/shop/environments/staging/hold", body);
        Assert.Contains("larger", await RunningServer.DetailAsync(response, 413));
    }

    [Fact]
    public async Task A_link_signs_a_browser_in_once()
    {
        await using var server = await RunningServer.StartAsync();
        var link = await LinkAsync(server);
        using var client = server.NewClient();
        using var signedIn = await client.GetAsync(link, Cancel);
        Assert.Equal(HttpStatusCode.OK, signedIn.StatusCode);
        var cookie = signedIn.Headers.GetValues("Set-Cookie").Single();
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);

        client.DefaultRequestHeaders.Add("Cookie", cookie.Split(';')[0]);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/projects", Cancel)).StatusCode);

        using var other = server.NewClient();
        using var again = await other.GetAsync(link, Cancel);
        Assert.Equal(HttpStatusCode.Unauthorized, again.StatusCode);
        Assert.False(again.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task A_link_is_of_no_use_after_ten_minutes()
    {
        await using var server = await RunningServer.StartAsync();
        var link = await LinkAsync(server);
        server.Time.Add(TimeSpan.FromMinutes(10));
        using var client = server.NewClient();
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync(link, Cancel)).StatusCode);
    }

    [Fact]
    public async Task A_session_outlives_a_restart_and_ends_after_thirty_days()
    {
        string cookie;
        var port = FreePort();
        await using (var server = await RunningServer.StartAsync(listen: $"http://127.0.0.1:{port}"))
        {
            using var client = server.NewClient();
            cookie = (await client.GetAsync(await LinkAsync(server), Cancel)).Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        }

        await using var restarted = await RunningServer.StartAsync(listen: $"http://127.0.0.1:{port}");
        using var browser = restarted.NewClient();
        browser.DefaultRequestHeaders.Add("Cookie", cookie);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/api/v1/projects", Cancel)).StatusCode);
        restarted.Time.Add(TimeSpan.FromDays(30));
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync("/api/v1/projects", Cancel)).StatusCode);
    }

    [Fact]
    public async Task A_forged_session_is_no_session()
    {
        await using var server = await RunningServer.StartAsync();
        using var client = server.NewClient();
        client.DefaultRequestHeaders.Add("Cookie", $"towpath-{server.Url.Port}=99999999999.AAAA");
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/projects", Cancel)).StatusCode);
    }

    [Fact]
    public async Task A_session_makes_no_links_for_others()
    {
        await using var server = await RunningServer.StartAsync();
        using var client = server.NewClient();
        var cookie = (await client.GetAsync(await LinkAsync(server), Cancel)).Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        client.DefaultRequestHeaders.Add("Cookie", cookie);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.PostAsync("/api/v1/sign-in-codes", null, Cancel)).StatusCode);
    }

    private static async Task<string> LinkAsync(RunningServer server)
    {
        using var response = await server.PostAsync("/api/v1/sign-in-codes");
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<Towpath.Server.Api.SignInLink>(Cancel))!.Url;
    }

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
