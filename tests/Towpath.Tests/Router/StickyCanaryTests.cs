using Microsoft.AspNetCore.Http;
using Towpath.Protocol.Router;

namespace Towpath.Tests.Router;

/// <summary>A candidate for some clients, who keep it.</summary>
public sealed class StickyCanaryTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_2000_new_clients_the_share_gets_the_candidate_keeps_it_and_keeps_it_when_the_share_grows()
    {
        const int Clients = 2000;
        await using var versions = await TwoVersions.StartAsync();
        await versions.SetAsync(1000, Sticky);

        var first = await AllAsync(Enumerable.Repeat<string?>(null, Clients));
        // Within four standard deviations of a fair draw: 13.4 of 200, 20.5 of 600.
        Assert.InRange(first.Count(one => one.IsCandidate), 146, 254);
        Assert.Equal(Clients, first.Select(one => one.Cookie).Distinct().Count());
        Assert.Equal(first, await AllAsync(first.Select(one => one.Cookie)));

        await versions.SetAsync(3000, Sticky);
        var grown = await AllAsync(first.Select(one => one.Cookie));
        Assert.InRange(grown.Count(one => one.IsCandidate), 518, 682);
        Assert.All(first.Zip(grown), pair => Assert.True(!pair.First.IsCandidate || pair.Second.IsCandidate, "one was sent back"));

        // The next release is tried on others: of the first 200, about 20 are among its 10 %.
        await versions.SetAsync(1000, route =>
        {
            Sticky(route);
            route.Canary.Release = "r3";
        });
        var next = await AllAsync(first.Select(one => one.Cookie));
        Assert.InRange(next.Count(one => one.IsCandidate), 146, 254);
        Assert.InRange(first.Zip(next).Count(pair => pair.First.IsCandidate && pair.Second.IsCandidate), 1, 50);

        async Task<List<Client>> AllAsync(IEnumerable<string?> cookies)
        {
            var clients = new List<Client>();
            foreach (var some in cookies.Chunk(16))
                clients.AddRange(await Task.WhenAll(some.Select(cookie => OneAsync(versions, cookie))));
            return clients;
        }
    }

    [Fact]
    public async Task The_share_is_followed_exactly_at_its_ends()
    {
        await using var versions = await TwoVersions.StartAsync();
        await versions.SetAsync(0, Sticky);
        Assert.Equal(0, await versions.CandidatesOfAsync(20));

        await versions.SetAsync(10_000, Sticky);
        Assert.Equal(20, await versions.CandidatesOfAsync(20));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("http", false)]
    [InlineData("https", true)]
    [InlineData("HTTPS, http", true)]
    [InlineData("http, https", false)]
    public async Task The_cookie_is_out_of_reach_of_scripts_and_of_other_sites_and_is_for_tls_only_where_the_client_spoke_it(
        string? proto, bool secure)
    {
        await using var versions = await TwoVersions.StartAsync();
        await versions.SetAsync(5000, Sticky);

        using var answer = await versions.SendAsync(header: proto is null ? null : ("X-Forwarded-Proto", proto));

        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.Matches($"^towpath-client=[0-9a-f]{{32}}; Path=/; HttpOnly; SameSite=Lax{(secure ? "; Secure" : "")}$", cookie);
    }

    [Fact]
    public async Task No_cookie_is_set_without_a_candidate_that_gets_some_clients()
    {
        await using var versions = await TwoVersions.StartAsync();

        await versions.SetAsync(5000);
        Assert.False(await SetsCookieAsync());
        await versions.SetAsync(0, Sticky);
        Assert.False(await SetsCookieAsync());
        await versions.SetAsync(5000, route => route.Canary = null);
        Assert.False(await SetsCookieAsync());
        await versions.SetAsync(5000, Sticky);
        Assert.True(await SetsCookieAsync());
        versions.Time.Pass(TimeSpan.FromMilliseconds(TwoVersions.Lease));
        Assert.False(await SetsCookieAsync());

        async Task<bool> SetsCookieAsync()
        {
            using var answer = await versions.SendAsync();
            return answer.Headers.Contains("Set-Cookie");
        }
    }

    [Theory]
    [InlineData("towpath-client=")]
    [InlineData("towpath-client=00112233445566778899aabbccddeef")]
    [InlineData("towpath-client=00112233445566778899aabbccddeeff0")]
    [InlineData("towpath-client=00112233445566778899aabbccddeefg")]
    [InlineData("towpath-client2=00112233445566778899aabbccddeeff")]
    public async Task A_value_that_was_not_made_here_is_replaced(string cookie)
    {
        await using var versions = await TwoVersions.StartAsync();
        await versions.SetAsync(5000, Sticky);

        Assert.NotEqual(cookie, (await OneAsync(versions, cookie)).Cookie);
        const string Right = "towpath-client=00112233445566778899aabbccddeeff";
        Assert.Equal(Right, (await OneAsync(versions, "a=1; " + Right)).Cookie["a=1; ".Length..]);
    }

    [Fact]
    public async Task The_app_does_not_see_the_cookie_and_sets_its_own_beside_it()
    {
        List<string?>? seen = null;
        RequestDelegate app = context =>
        {
            seen = [.. context.Request.Headers.Cookie];
            context.Response.Cookies.Append("cart", "7");
            return context.Response.WriteAsync("old", Cancellation);
        };
        await using var versions = await TwoVersions.StartAsync(app, app);
        await versions.SetAsync(5000, Sticky);

        using var first = await versions.SendAsync();
        Assert.Equal(["towpath-client", "cart"], first.Headers.GetValues("Set-Cookie").Select(cookie => cookie.Split('=')[0]));
        using var second = await versions.SendAsync(cookie: "cart=7; towpath-client=00112233445566778899aabbccddeeff; b=1");

        Assert.Equal(["cart=7; b=1"], seen!);
        Assert.Equal(["cart"], second.Headers.GetValues("Set-Cookie").Select(cookie => cookie.Split('=')[0]));
    }

    private static void Sticky(Route route) => route.Canary.Sticky = true;

    /// <summary>The answer, and the cookie that the client has then.</summary>
    private static async Task<Client> OneAsync(TwoVersions versions, string? cookie)
    {
        using var answer = await versions.SendAsync(cookie);
        var set = answer.Headers.TryGetValues("Set-Cookie", out var values) ? values.Single().Split(';')[0] : null;
        return new Client(set ?? cookie!, await answer.Content.ReadAsStringAsync(Cancellation) == "new");
    }

    private sealed record Client(string Cookie, bool IsCandidate);
}
