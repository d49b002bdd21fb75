using Towpath.Core;
using Towpath.Engine;
using Towpath.Simulation.Storage;

namespace Towpath.Simulation.Mutations;

/// <summary>The machines, the loop's journal or an agent, broken on purpose in one place: the simulator has to find it, or it proves nothing.</summary>
public sealed class Mutation
{
    private Mutation(string name, Rules rules, Tamper tamper) => (Name, Rules, Tamper) = (name, rules, tamper);

    public static IReadOnlyList<Mutation> All { get; } = [.. QueueMutations.All(), .. GateMutations.All(), .. DeploymentMutations.All(), .. CanaryMutations.All(), .. MigrationMutations.All(), .. RunMutations.All(), .. JournalMutations.All()];

    public string Name { get; }

    public Rules Rules { get; }

    internal Tamper Tamper { get; }

    internal static Rules Sound => Rules.OfFlow;

    internal static Mutation Of(string name, Rules rules) => new(name, rules, Tamper.None);

    internal static Mutation Of(string name, Tamper tamper) => new(name, Rules.OfFlow, tamper);

    internal static Mutation Decides(
        string name, Func<StreamId, MachineState?, MachineInput, DateTimeOffset, Decision<MachineEvent>> decide) => Of(name, Sound with { Decide = decide });

    internal static Mutation Evolves(
        string name, Func<StreamId, MachineState?, Recorded<MachineEvent>, MachineState?> evolve) => Of(name, Sound with { Evolve = evolve });

    internal static Decision<MachineEvent> Each(Decision<MachineEvent> decision, Func<MachineEvent, MachineEvent> change) =>
        decision.Events.Count == 0 ? decision : decision with { Events = decision.Events.Select(change).ToValueList() };

    internal static Decision<MachineEvent> Without(Decision<MachineEvent> decision, Func<MachineEvent, bool> drop) =>
        decision.Events.Count == 0 ? decision : decision with { Events = decision.Events.Where(one => !drop(one)).ToValueList() };

    internal static Decision<MachineEvent> Also(Decision<MachineEvent> decision, MachineEvent? more) =>
        more is null || decision.Refusal is not null ? decision : decision with { Events = decision.Events.Add(more) };
}
