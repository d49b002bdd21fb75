using Towpath.Core;
using Towpath.Engine.Journal;
using Towpath.Engine.Views;

namespace Towpath.Engine;

/// <summary>The machines as the <see cref="Loop"/> sees them: <see cref="Flow"/>, or in the simulator a version of it that is broken on purpose.</summary>
public sealed record Rules(
    Func<StreamId, MachineState?, MachineInput, DateTimeOffset, Decision<MachineEvent>> Decide,
    Func<StreamId, MachineState?, Recorded<MachineEvent>, MachineState?> Evolve,
    Func<MachineState, IEnumerable<Command>> Pending,
    Func<MachineState, DateTimeOffset, DateTimeOffset?> NextDeadline,
    Func<MachineState, IEnumerable<Delivery>> Deliveries)
{
    /// <summary>An event as the journal keeps it.</summary>
    public Func<StreamId, Recorded<MachineEvent>, JournalEntry> Write { get; init; } = EventJson.Write;

    /// <summary>What lists show of projects and runs; the simulator lists nothing.</summary>
    public Func<MachineState, DateTimeOffset, string> Summarize { get; init; } = Summaries.Of;

    /// <summary>The input that asks a machine to look at the time, and says what it may have to know.</summary>
    public Func<StreamId, MachineInput> Clock { get; init; } = stream => Flow.Clock(stream, noRoom: null);

    public static Rules OfFlow { get; } = new(Flow.Decide, Flow.Evolve, Flow.Pending, Flow.NextDeadline, Flow.Deliveries);
}
