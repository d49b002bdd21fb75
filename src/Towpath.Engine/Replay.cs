using Towpath.Core;
using Towpath.Engine.Journal;

namespace Towpath.Engine;

/// <summary>What a stream's events come to. Any thread may ask.</summary>
public sealed class Replay(IJournal journal, Rules rules)
{
    /// <summary>Events that are in memory at once, of each stream that is read.</summary>
    private const int PageSize = 1000;

    /// <summary>From the stream's snapshot on when this code made it, else from the first event.</summary>
    /// <exception cref="JournalException">The journal cannot be read, or an event in it is damaged.</exception>
    public Replayed Of(StreamId stream) =>
        journal.FindSnapshot(stream.Text) is { } snapshot && snapshot.Sequence <= journal.LastSequence && SnapshotJson.Read(stream, snapshot) is { } state
            ? From(stream, state, snapshot.Sequence)
            : InFull(stream);

    /// <summary>From the first event, whatever snapshots say.</summary>
    /// <exception cref="JournalException">The journal cannot be read, or an event in it is damaged.</exception>
    public Replayed InFull(StreamId stream) => From(stream, null, 0);

    /// <summary>Why the stream's snapshot must not be used; null: it is right, or there is none, or nobody would use it.</summary>
    public string? Lie(StreamId stream) => Of(stream).State is var state && Equals(state, InFull(stream).State)
        ? null : $"The snapshot of {stream} is not what its events come to.";

    private Replayed From(StreamId stream, MachineState? state, long after)
    {
        var events = 0;
        while (true)
        {
            var page = journal.Read(stream.Text, after, PageSize);
            foreach (var entry in page)
                state = rules.Evolve(stream, state, EventJson.Read(entry));
            events += page.Count;
            if (page.Count < PageSize)
                return new Replayed(state, events);
            after = page[^1].Sequence;
        }
    }
}

/// <param name="State">Null when there is no such stream.</param>
/// <param name="Events">How many were read to come to it.</param>
public readonly record struct Replayed(MachineState? State, int Events);
