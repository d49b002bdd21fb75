using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Towpath.Core;
using Towpath.Engine.Journal;

namespace Towpath.Engine;

/// <summary>
/// Keeps snapshots of the streams that grow, beside the loop and never in its way: states do not change, so they are written
/// when there is time. Whatever goes wrong here only makes a later start slower.
/// </summary>
public sealed class Snapshots : IAsyncDisposable
{
    /// <summary>How much a stream may grow before it is kept again: so much is read again after a kill.</summary>
    public const int GrowthAtMost = 200;

    /// <summary>At a clean stop: reading fewer events again costs less than reading a state does.</summary>
    public const int GrowthAtStop = 20;

    private const int WaitingAtMost = 1000;
    private static readonly TimeSpan StopsWithin = TimeSpan.FromSeconds(5);

    private readonly IJournal journal;
    private readonly ILogger log;
    private readonly TimeProvider time;
    private readonly System.Threading.Lock gate = new();
    private readonly Dictionary<StreamId, Grown> grown = [];
    private readonly Channel<Grown> due = Channel.CreateBounded<Grown>(WaitingAtMost);
    private readonly Task keeping;
    private long? stopping;

    public Snapshots(IJournal journal, TimeProvider time, ILogger log)
    {
        this.journal = journal;
        this.time = time;
        this.log = log;
        keeping = Task.Run(KeepAsync);
    }

    /// <summary>The stream has grown, and everything of it that is in the journal is in the state. Only the journal's writer calls this.</summary>
    /// <param name="growth">In events, or in changes of some events each.</param>
    public void Take(StreamId stream, MachineState state, int growth = 1)
    {
        lock (gate)
        {
            if (!Flow.IsActive(state))
            {
                grown.Remove(stream);
                return;
            }

            var next = new Grown(stream, state, journal.LastSequence, (grown.TryGetValue(stream, out var before) ? before.Growth : 0) + growth);
            if (next.Growth >= GrowthAtMost && due.Writer.TryWrite(next))
                grown.Remove(stream);
            else
                grown[stream] = next;
        }
    }

    /// <summary>Call when the loop has ended and the journal is still open.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!due.Writer.TryComplete())
            return;
        stopping = time.GetTimestamp();
        await keeping;
        foreach (var left in grown.Values.Where(left => left.Growth >= GrowthAtStop))
            Keep(left);
    }

    private async Task KeepAsync()
    {
        await foreach (var next in due.Reader.ReadAllAsync())
            Keep(next);
    }

    private void Keep(Grown next)
    {
        if (stopping is { } since && time.GetElapsedTime(since) >= StopsWithin)
            return;
        try
        {
            journal.Keep(SnapshotJson.Write(next.Stream, next.Sequence, next.State));
        }
        catch (Exception e)
        {
            log.LogWarning(e, "The state of {Stream} could not be kept; the next start reads its events again", next.Stream);
        }
    }

    private readonly record struct Grown(StreamId Stream, MachineState State, long Sequence, int Growth);
}
