using Towpath.Core;

namespace Towpath.Engine;

/// <summary>The machines as the <see cref="Loop"/> sees them: <see cref="Flow"/>, or in the simulator a version of it that is broken on purpose.</summary>
public sealed record Rules(
    Func<StreamId, MachineState?, MachineInput, DateTimeOffset, Decision<MachineEvent>> Decide,
    Func<StreamId, MachineState?, Recorded<MachineEvent>, MachineState?> Evolve,
    Func<MachineState, IEnumerable<Command>> Pending,
    Func<MachineState, DateTimeOffset?> NextDeadline,
    Func<MachineState, IEnumerable<Delivery>> Deliveries)
{
    public static Rules OfFlow { get; } = new(Flow.Decide, Flow.Evolve, Flow.Pending, Flow.NextDeadline, Flow.Deliveries);
}
