using System.Globalization;
using System.Net;
using System.Text;

namespace Towpath.Agent.Apps;

/// <summary>What became of waiting for an instance.</summary>
internal abstract record HealthVerdict
{
    public sealed record Healthy(TimeSpan After) : HealthVerdict;

    public sealed record Unhealthy(string Reason) : HealthVerdict;

    /// <summary>Another program listens on its port: the one thing that another try on another port mends.</summary>
    public sealed record PortTaken(string Reason) : HealthVerdict;
}

/// <summary>
/// Asks an instance until it is well: alive, listening on a socket of its own, and answering 2xx or 3xx at its health path.
/// </summary>
internal sealed class InstanceHealth(TimeProvider time)
{
    private const int BodyBytes = 4 * 1024;
    private const int LineLength = 200;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestRequest = TimeSpan.FromSeconds(2);

    /// <summary>An app that must stay alive for longer than it has time to start would never be ready.</summary>
    private static readonly TimeSpan BeyondReady = TimeSpan.FromSeconds(5);

    private static readonly HttpClient Client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ConnectTimeout = RequestTimeout,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(1),
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Returns within the app's start timeout, with a reason that says what was seen last.</summary>
    public async Task<HealthVerdict> AwaitAsync(Instance instance, CancellationToken cancel)
    {
        var app = instance.App;
        var limit = instance.Port is null && app.Health is null && app.ReadyAfter + BeyondReady > app.StartTimeout
            ? app.ReadyAfter + BeyondReady
            : app.StartTimeout;
        var begun = time.GetTimestamp();
        var pause = FirstPause;
        while (true)
        {
            var waited = time.GetElapsedTime(begun);
            var (verdict, seen) = await AskAsync(instance, limit, waited, cancel);
            if (verdict is not null)
                return verdict;
            waited = time.GetElapsedTime(begun);
            if (waited >= limit)
                return new HealthVerdict.Unhealthy($"{instance.Key.Name} {seen} for {Seconds(limit)} s");
            await Task.Delay(pause < limit - waited ? pause : limit - waited, time, cancel);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>A verdict, or what was seen so far: <c>answered 503 at /healthz</c>.</summary>
    private static async Task<(HealthVerdict? Verdict, string Seen)> AskAsync(
        Instance instance, TimeSpan limit, TimeSpan waited, CancellationToken cancel)
    {
        if (!instance.IsAlive)
            return (AfterItsEnd(instance), "");
        if (instance.Port is not { } port)
        {
            return ProcessTable.Age(instance.Tree.Leader) >= instance.App.ReadyAfter
                ? (new HealthVerdict.Healthy(waited), "")
                : (null, "was not alive long enough");
        }

        var (own, foreign) = Listening(instance, port);
        if (foreign.Count > 0)
            return (Taken(instance, port, foreign), "");
        if (!own)
            return (null, NotListening(instance, port));
        if (instance.App.Health is not { } path)
            return (new HealthVerdict.Healthy(waited), "");
        var (well, seen, last) = await GetAsync(port, path, limit - waited, cancel);
        instance.Unwell = well ? null : seen;
        // It may have ended while it was asked; then its end says more than a broken connection.
        if (!well && !instance.IsAlive)
            return (AfterItsEnd(instance), "");
        return (well ? new HealthVerdict.Healthy(waited) : null, last.Length > 0 ? $"{seen} (last: {last})" : seen);
    }

    private static HealthVerdict AfterItsEnd(Instance instance)
    {
        return instance.Port is { } port && Listening(instance, port).Foreign is { Count: > 0 } others
            ? Taken(instance, port, others)
            : new HealthVerdict.Unhealthy(instance.HowItEnded());
    }

    private static (bool Own, List<ListeningSocket> Foreign) Listening(Instance instance, int port)
    {
        var sockets = ListeningSockets.All().Where(socket => socket.Port == port && socket.Local).ToList();
        if (sockets.Count == 0)
            return (false, []);
        // The instance's own process is the owner nearly always: the whole machine is searched only when it is not.
        var owned = ListeningSockets.InodesOf(instance.Tree.Leader.Id);
        if (!sockets.All(socket => owned.Contains(socket.Inode)))
            owned.UnionWith(instance.Tree.Members().SelectMany(member => ListeningSockets.InodesOf(member.Id)));
        var foreign = sockets.Where(socket => !owned.Contains(socket.Inode)).ToList();
        return (foreign.Count == 0, foreign);
    }

    private static HealthVerdict.PortTaken Taken(Instance instance, int port, List<ListeningSocket> sockets)
    {
        var inodes = sockets.Select(socket => socket.Inode).ToHashSet();
        var holder = ProcessTable.All().Select(entry => entry.Id).FirstOrDefault(id => ListeningSockets.InodesOf(id).Overlaps(inodes));
        var who = holder == 0 ? "another program" : $"another program ({ProcessTable.Name(holder)}, pid {holder})";
        return new HealthVerdict.PortTaken($"{who} listens on port {port}, which was chosen for {instance.Key.Name}");
    }

    private static string NotListening(Instance instance, int port)
    {
        var inodes = instance.Tree.Members().SelectMany(member => ListeningSockets.InodesOf(member.Id)).ToHashSet();
        var own = ListeningSockets.All().Where(socket => inodes.Contains(socket.Inode));
        var ports = own.Select(socket => socket.Port).Distinct().Order().ToList();
        return ports.Count == 0
            ? $"did not listen on port {port} (PORT in its environment)"
            : $"listened on {string.Join(", ", ports)}, but not on 127.0.0.1:{port} (HOST and PORT in its environment)";
    }

    /// <returns>What was seen, and what it said itself: that may be anything, and only the deployment's log hides secrets in it.</returns>
    private static async Task<(bool Well, string Seen, string Last)> GetAsync(int port, string path, TimeSpan left, CancellationToken cancel)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limited.CancelAfter(TimeoutOf(left));
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}{path}");
            using var response = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limited.Token);
            if (response.StatusCode is >= HttpStatusCode.OK and < HttpStatusCode.BadRequest)
                return (true, "", "");
            return (false, $"answered {(int)response.StatusCode} at {path}", await FirstLineAsync(response, limited.Token));
        }
        catch (HttpRequestException refused)
        {
            return (false, $"did not answer at {path}", refused.Message);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return (false, $"did not answer at {path} in time", "");
        }
    }

    /// <summary>The last request before the deadline gets its time too: what it says is what people read.</summary>
    internal static TimeSpan TimeoutOf(TimeSpan left) =>
        left > RequestTimeout ? RequestTimeout : left > ShortestRequest ? left : ShortestRequest;

    internal static async Task<string> FirstLineAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancel);
            var bytes = new byte[BodyBytes];
            var length = await body.ReadAtLeastAsync(bytes, BodyBytes, throwOnEndOfStream: false, cancel);
            var line = Encoding.UTF8.GetString(bytes, 0, length).Split('\n', 2)[0].Trim();
            return line.Length > LineLength ? line[..LineLength] + "…" : line;
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException or OperationCanceledException)
        {
            return "";
        }
    }

    internal static string Seconds(TimeSpan span) => span.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture);
}
