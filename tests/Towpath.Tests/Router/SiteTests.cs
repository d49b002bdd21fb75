using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Grpc.Core;
using Towpath.Protocol.Router;

namespace Towpath.Tests.Router;

public sealed class SiteTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });
    private readonly int _port = RunningRouter.FreePort();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Files_are_served_with_their_types_and_folders_by_their_index()
    {
        await using var router = await ServeAsync(
            "r1", ("index.html", "home"), ("docs/index.html", "docs"), ("style.css", "p{}"), ("a b.json", "{}"));

        using var home = await GetAsync("/");
        Assert.Equal("home", await home.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("text/html; charset=utf-8", home.Content.Headers.ContentType?.ToString());
        using var docs = await GetAsync("/docs/?q=1");
        Assert.Equal("docs", await docs.Content.ReadAsStringAsync(Cancellation));
        using var style = await GetAsync("/style.css");
        Assert.Equal("text/css; charset=utf-8", style.Content.Headers.ContentType?.ToString());
        using var spaced = await GetAsync("/a%20b.json");
        Assert.Equal("{}", await spaced.Content.ReadAsStringAsync(Cancellation));
        using var folder = await GetAsync("/docs?q=1");
        Assert.Equal(HttpStatusCode.MovedPermanently, folder.StatusCode);
        Assert.Equal("/docs/?q=1", folder.Headers.Location?.OriginalString);
    }

    [Fact]
    public async Task What_is_not_there_is_404_with_the_page_of_the_site_or_a_sentence()
    {
        await using var router = await ServeAsync("r1", ("index.html", "home"), ("images/x.png", ""));
        using var plain = await GetAsync("/nothing");
        Assert.Equal(HttpStatusCode.NotFound, plain.StatusCode);
        using var listing = await GetAsync("/images/");
        Assert.Equal(HttpStatusCode.NotFound, listing.StatusCode);

        await SetAsync(router, "r2", ("404.html", "lost"));
        using var own = await GetAsync("/nothing");
        Assert.Equal(HttpStatusCode.NotFound, own.StatusCode);
        Assert.Equal("lost", await own.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task An_unchanged_file_is_not_sent_again_and_a_changed_one_of_the_same_length_is()
    {
        await using var router = await ServeAsync("r1", ("index.html", "one"), ("same.txt", "same"));
        using var first = await GetAsync("/");
        using var same = await GetAsync("/same.txt");

        using var again = await GetAsync("/", first.Headers.ETag);
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);

        await SetAsync(router, "r2", ("index.html", "two"), ("same.txt", "same"));
        using var changed = await GetAsync("/", first.Headers.ETag);
        Assert.Equal("two", await changed.Content.ReadAsStringAsync(Cancellation));
        using var unchanged = await GetAsync("/same.txt", same.Headers.ETag);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Fact]
    public async Task Part_of_a_file_can_be_asked_for()
    {
        await using var router = await ServeAsync("r1", ("film.mp4", "0123456789"));
        using var request = new HttpRequestMessage(HttpMethod.Get, Url("/film.mp4"));
        request.Headers.Range = new RangeHeaderValue(2, 4);

        using var part = await _client.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal("234", await part.Content.ReadAsStringAsync(Cancellation));
    }

    [Theory]
    [InlineData("/../secret.txt")]
    [InlineData("/%2e%2e/secret.txt")]
    [InlineData("/..%2fsecret.txt")]
    [InlineData("/docs/../../secret.txt")]
    [InlineData("//secret.txt")]
    [InlineData("/link-out.txt")]
    [InlineData("/folder-out/secret.txt")]
    [InlineData("/.env")]
    [InlineData("/.git/config")]
    public async Task Nothing_outside_of_the_folder_and_nothing_hidden_is_served(string path)
    {
        await File.WriteAllTextAsync(_folder.At("secret.txt"), "secret", Cancellation);
        var root = Folder("r1", ("index.html", "home"), ("docs/index.html", "docs"), (".env", "secret"), (".git/config", "secret"));
        File.CreateSymbolicLink(Path.Combine(root, "link-out.txt"), _folder.At("secret.txt"));
        Directory.CreateSymbolicLink(Path.Combine(root, "folder-out"), _folder.Path);
        await using var router = await RunningRouter.StartAsync(_folder);
        await router.SetAsync(Site("r1", root));

        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, _port, Cancellation);
        var request = Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        await tcp.GetStream().WriteAsync(request, Cancellation);
        using var reader = new StreamReader(tcp.GetStream());
        var answer = await reader.ReadToEndAsync(Cancellation);

        Assert.DoesNotContain("secret", answer, StringComparison.Ordinal);
        Assert.Matches("^HTTP/1.1 (404|400)", answer);
    }

    [Fact]
    public async Task A_link_to_a_file_inside_is_followed()
    {
        var root = Folder("r1", ("real.txt", "real"));
        File.CreateSymbolicLink(Path.Combine(root, "link.txt"), "real.txt");
        await using var router = await RunningRouter.StartAsync(_folder);
        await router.SetAsync(Site("r1", root));

        using var answer = await GetAsync("/link.txt");

        Assert.Equal("real", await answer.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task Only_reading_is_allowed()
    {
        await using var router = await ServeAsync("r1", ("index.html", "home"));

        using var answer = await _client.PostAsync(Url("/"), new StringContent("x"), Cancellation);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Equal(["GET", "HEAD"], answer.Content.Headers.Allow);
    }

    [Fact]
    public async Task Head_gives_the_length_and_no_body()
    {
        await using var router = await ServeAsync("r1", ("index.html", "home"));
        using var request = new HttpRequestMessage(HttpMethod.Head, Url("/"));

        using var answer = await _client.SendAsync(request, Cancellation);

        Assert.Equal(4, answer.Content.Headers.ContentLength);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Cancellation));
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_refused_and_the_old_site_stays()
    {
        await using var router = await ServeAsync("r1", ("index.html", "home"));

        var refusal = await Assert.ThrowsAsync<RpcException>(() => router.SetAsync(Site("r2", _folder.At("missing"))));

        Assert.Contains("does not exist", refusal.Status.Detail, StringComparison.Ordinal);
        using var home = await GetAsync("/");
        Assert.Equal("home", await home.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task Every_page_is_of_one_release_or_the_other_while_the_site_is_switched()
    {
        await using var router = await ServeAsync("r1", ("index.html", "one"));
        string[] roots = [Folder("r1", ("index.html", "one")), Folder("r2", ("index.html", "two"))];
        var done = false;
        var pages = 0;
        var load = Task.Run(
            async () =>
            {
                var seen = new HashSet<string>();
                while (!Volatile.Read(ref done))
                {
                    seen.Add(await _client.GetStringAsync(Url("/"), Cancellation));
                    Interlocked.Increment(ref pages);
                }

                return seen;
            },
            Cancellation);

        for (var i = 1; i <= 50; i++)
        {
            await router.SetAsync(Site($"r{i}", roots[i % 2]));
            var before = Volatile.Read(ref pages);
            await Eventually.That(() => load.IsCompleted || Volatile.Read(ref pages) > before + 1, "a page of this release was read");
        }

        Volatile.Write(ref done, true);
        Assert.Equal(new HashSet<string> { "one", "two" }, await load);
    }

    private string Url(string path) => $"http://127.0.0.1:{_port}{path}";

    private Route Site(string release, string root) =>
        new() { Id = "site/production/web", Listen = $"127.0.0.1:{_port}", StaticRoot = root, Release = release };

    private string Folder(string release, params (string Name, string Content)[] files)
    {
        foreach (var (name, content) in files)
            File.WriteAllText(_folder.At(release, name), content);
        return Path.Combine(_folder.Path, release);
    }

    private async Task<RunningRouter> ServeAsync(string release, params (string Name, string Content)[] files)
    {
        var router = await RunningRouter.StartAsync(_folder);
        await SetAsync(router, release, files);
        return router;
    }

    private Task<RouteStatus> SetAsync(RunningRouter router, string release, params (string Name, string Content)[] files) =>
        router.SetAsync(Site(release, Folder(release, files)));

    private async Task<HttpResponseMessage> GetAsync(string path, EntityTagHeaderValue? known = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Url(path));
        if (known is not null)
            request.Headers.IfNoneMatch.Add(known);
        return await _client.SendAsync(request, Cancellation);
    }
}
