using System.Globalization;
using Towpath.Bench.Bounds;
using Towpath.Bench.Measuring;

namespace Towpath.Bench.Delivery;

/// <summary>An answer that a version gave.</summary>
/// <param name="Begun">When that version began it.</param>
/// <param name="StartMs">What the process's start took until it was well.</param>
internal readonly record struct Visit(string Release, DateTime Begun, int Status, double StartMs, int Pid);

/// <summary>Requests to what is deployed, at a fixed rate, and which version answered each.</summary>
internal sealed class Visitors(Uri address, int perSecond) : IAsyncDisposable
{
    private readonly OpenLoop load = new();
    private readonly Lock gate = new();
    private readonly List<Visit> visits = [];
    private CancellationTokenSource? leave;
    private Task coming = Task.CompletedTask;

    public int PerSecond => perSecond;

    /// <summary>Requests of all time that no version answered.</summary>
    public int Lost { get; private set; }

    /// <summary>What is known since the last <see cref="Forget"/>, by the time at which each began.</summary>
    public IReadOnlyList<Visit> Visits
    {
        get
        {
            lock (gate)
                return [.. visits.OrderBy(visit => visit.Begun)];
        }
    }

    public void Come()
    {
        leave = new CancellationTokenSource();
        coming = load.AskAsync(address, perSecond, long.MaxValue, Hear, leave.Token);
    }

    /// <summary>Returns when the last one has his answer.</summary>
    public async Task LeaveAsync()
    {
        if (leave is null)
            return;
        await leave.CancelAsync();
        await coming;
        leave.Dispose();
        leave = null;
    }

    public void Forget()
    {
        lock (gate)
            visits.Clear();
    }

    public int CountOf(string release)
    {
        lock (gate)
            return visits.Count(visit => visit.Release == release);
    }

    public DateTime? LastOf(string release)
    {
        lock (gate)
            return visits.Where(visit => visit.Release == release).Select(visit => (DateTime?)visit.Begun).Max();
    }

    /// <summary>Null while it has answered nothing.</summary>
    public Visit? AnyOf(string release)
    {
        lock (gate)
            return visits.Where(visit => visit.Release == release).Select(visit => (Visit?)visit).FirstOrDefault();
    }

    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        load.Dispose();
    }

    private void Hear(long due, HttpResponseMessage? answer)
    {
        lock (gate)
        {
            // What has no release is the router's own answer.
            if (answer is not null && Header(answer, Upstream.ReleaseHeader) is { } release)
                visits.Add(new(release, BegunOf(answer), (int)answer.StatusCode, Number(answer, DeployedApp.StartHeader), (int)Number(answer, DeployedApp.PidHeader)));
            else
                Lost++;
        }
    }

    private static DateTime BegunOf(HttpResponseMessage answer) =>
        new(long.Parse(Header(answer, DeployedApp.BegunHeader)!, CultureInfo.InvariantCulture), DateTimeKind.Utc);

    private static double Number(HttpResponseMessage answer, string name) => double.Parse(Header(answer, name)!, CultureInfo.InvariantCulture);

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? values.First() : null;
}
