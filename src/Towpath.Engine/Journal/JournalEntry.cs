using Towpath.Core;

namespace Towpath.Engine.Journal;

/// <summary>One event as it lies in the journal.</summary>
/// <param name="Sequence">From 1, across all streams, without a gap.</param>
/// <param name="Stream">As <see cref="Core.StreamId.Text"/>.</param>
/// <param name="At">Kept in UTC to 100 ns, exactly as given.</param>
/// <param name="Type">With its version: <c>run-created.v1</c>.</param>
/// <param name="Data">JSON.</param>
public sealed record JournalEntry(long Sequence, string Stream, DateTimeOffset At, string Type, string Data)
{
    /// <summary>What <see cref="Data"/> says, while its writer is still at hand; a journal in memory keeps it and need not read the JSON again.</summary>
    public MachineEvent? Event { get; init; }

    public bool Equals(JournalEntry? other) =>
        other is not null && (Sequence, Stream, At, Type, Data) == (other.Sequence, other.Stream, other.At, other.Type, other.Data);

    public override int GetHashCode() => HashCode.Combine(Sequence, Stream);
}

/// <summary>What lists show of a stream from now on; written together with the events it follows from.</summary>
/// <param name="Active">True while the stream must be in memory.</param>
/// <param name="Summary">JSON.</param>
public sealed record StreamUpdate(string Stream, bool Active, string Summary);

/// <summary>A stream as lists show it.</summary>
public sealed record StreamSummary(string Stream, bool Active, string Summary);
