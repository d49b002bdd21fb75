using Microsoft.AspNetCore.Http;
using Towpath.Protocol.Router;
using Towpath.Router;

namespace Towpath.Tests.Router;

/// <summary>
/// A router whose route has a baseline, which says "old", and a candidate, which says "new": real apps, real HTTP, and a clock
/// that only goes on when the test says so.
/// </summary>
internal sealed class TwoVersions : IAsyncDisposable
{
    public const string RouteId = "shop/production/web";

    /// <summary>Milliseconds.</summary>
    public const int Lease = 30_000;

    private readonly int _port = RunningRouter.FreePort();
    private readonly TestApp _old;
    private readonly TestApp _next;
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false });

    private TwoVersions(TestFolder folder, TestApp old, TestApp next)
    {
        Folder = folder;
        _old = old;
        _next = next;
    }

    public TestFolder Folder { get; }

    public SetTime Time { get; } = new(DateTimeOffset.UnixEpoch);

    public RunningRouter Router { get; private set; } = null!;

    public HttpClient Client => _client;

    public string Url => $"http://127.0.0.1:{_port}/";

    public string RouteFile => Path.Combine(Folder.Path, "routes.json");

    /// <summary>What the candidate is called in the route.</summary>
    public string CandidateId => "at " + _next.Address;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static Task<TwoVersions> StartAsync() => StartAsync(Saying("old"), Saying("new"));

    public static async Task<TwoVersions> StartAsync(RequestDelegate old, RequestDelegate next)
    {
        var versions = new TwoVersions(new TestFolder(), await TestApp.StartAsync(old), await TestApp.StartAsync(next));
        versions.Router = await versions.StartRouterAsync();
        return versions;
    }

    public static RequestDelegate Saying(string word) => context => context.Response.WriteAsync(word, Cancellation);

    public Task<RunningRouter> StartRouterAsync(bool replace = false) =>
        RunningRouter.StartAsync(new RouterSettings(Folder.Path) { Time = Time, Replace = replace });

    /// <summary>Ends the router and starts another one on what it left.</summary>
    public async Task RestartAsync()
    {
        await Router.DisposeAsync();
        Router = await StartRouterAsync();
    }

    /// <param name="share">Of 10,000.</param>
    /// <param name="change">What is to be different from a route of one instance each, by block.</param>
    public Route Route(uint share, Action<Route>? change = null)
    {
        var route = RunningRouter.RouteTo(_port, _old.Address);
        route.Canary = new Canary { Release = "r2", Share = share, LeaseMs = Lease };
        route.Canary.Destinations.Add(new Destination { Id = CandidateId, Address = _next.Address });
        change?.Invoke(route);
        return route;
    }

    public Task<RouteStatus> SetAsync(uint share, Action<Route>? change = null) => Router.SetAsync(Route(share, change));

    public async Task<Measurement> MeasureAsync() =>
        await Router.Control.MeasureAsync(new MeasureRequest { Route = RouteId }, cancellationToken: Cancellation);

    /// <summary>A request counts when it has ended, which the router notices a moment after its client.</summary>
    public async Task<Measurement> MeasureAsync(Func<Measurement, bool> complete)
    {
        Measurement? read = null;
        await Eventually.That(async () => complete(read = await MeasureAsync()), "all requests have ended");
        return read!;
    }

    public async Task<string> AskAsync(string? cookie = null, (string Name, string Value)? header = null)
    {
        using var answer = await SendAsync(cookie, header);
        return await answer.Content.ReadAsStringAsync(Cancellation);
    }

    public async Task<HttpResponseMessage> SendAsync(string? cookie = null, (string Name, string Value)? header = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Url);
        if (cookie is not null)
            request.Headers.TryAddWithoutValidation("Cookie", cookie);
        if (header is var (name, value))
            request.Headers.TryAddWithoutValidation(name, value);
        return await _client.SendAsync(request, Cancellation);
    }

    /// <summary>How many of so many requests, one after the other, the candidate answered; the baseline answered the others.</summary>
    public async Task<int> CandidatesOfAsync(int requests)
    {
        var candidates = 0;
        for (var i = 0; i < requests; i++)
        {
            var answer = await AskAsync();
            Assert.True(answer is "old" or "new", answer);
            candidates += answer == "new" ? 1 : 0;
        }

        return candidates;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Router.DisposeAsync();
        await _old.DisposeAsync();
        await _next.DisposeAsync();
        Folder.Dispose();
    }
}
