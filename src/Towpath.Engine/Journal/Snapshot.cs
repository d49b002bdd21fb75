using Towpath.Core;

namespace Towpath.Engine.Journal;

/// <summary>What a stream's events come to, up to one of them: a start need not read those again. The events are the truth; this is a shortcut.</summary>
/// <param name="Sequence">Every event of the stream up to this number is in the state, and none after it.</param>
/// <param name="Version">Of the code that made the state (<see cref="EvolveVersion"/>): to any other code it says nothing.</param>
/// <param name="State">JSON.</param>
public sealed record Snapshot(string Stream, long Sequence, string Version, string State)
{
    /// <summary>What <see cref="State"/> says, while its writer is still at hand; a journal in memory keeps it and need not read the JSON again.</summary>
    public MachineState? Known { get; init; }
}
