using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Packages;
using Towpath.Core.Pipelines;
using Towpath.Simulation.Storage;
using static Towpath.Simulation.Mutations.Mutation;

namespace Towpath.Simulation.Mutations;

/// <summary>A deployment's way in and back, broken.</summary>
internal static class DeploymentMutations
{
    public static IEnumerable<Mutation> All() =>
    [
        Decides("a late answer is accepted", (stream, state, input, now) => Sound.Decide(stream, state, Pretend(state, input), now)),
        Decides("the check is left out", (stream, state, input, now) => Each(
            Sound.Decide(stream, state, input, now), one => one is StageBegan { Stage: Stage.Check } began ? began with { Stage = Stage.Shift } : one)),
        Decides("nothing is taken back", (stream, state, input, now) => Each(
            Sound.Decide(stream, state, input, now), one => one is WithdrawalBegan began ? new DeploymentEnded(began.Deployment, began.Conclusion, began.Reason, null) : one)),
        Decides("a rollback does not hold", (stream, state, input, now) => Without(Sound.Decide(stream, state, input, now), one => input is RollBackEnvironment && one is HoldSet)),
        Decides("a rollback waits for the hold to be lifted", (stream, state, input, now) => Without(
            Sound.Decide(stream, state, input, now), one => input is RollBackEnvironment && one is DeploymentStarted or StageBegan)),
        Decides("a rollback quarantines nothing", (stream, state, input, now) => Without(Sound.Decide(stream, state, input, now), one => one is PackageQuarantined)),
        Decides("a rollback behind several versions quarantines the last one only", (stream, state, input, now) => Without(
            Sound.Decide(stream, state, input, now),
            one => input is RollBackEnvironment && one is PackageQuarantined { Deployment: var version } && state is EnvironmentState { Versions: [.., var live] } && version != live.Deployment)),
        Decides("cancel is ignored", (stream, state, input, now) => input is CancelDeployment && state is EnvironmentState { Active: not null }
            ? Decision<MachineEvent>.Nothing
            : Sound.Decide(stream, state, input, now)),
        Decides("a decision that is canceled is asked for again", (stream, state, input, now) =>
            input is CancelDeployment && state is EnvironmentState { Active: { Status: DeploymentStatus.NeedsDecision } active }
                ? (ValueList<MachineEvent>)[new DecisionNeeded(active.Number, "again")]
                : Sound.Decide(stream, state, input, now)),
        Of("a stage has no deadline", Sound with
        {
            NextDeadline = (state, now) => state is EnvironmentState { Active: not null } ? null : Sound.NextDeadline(state, now),
        }),
        Of("a stage is given up too early", Sound with
        {
            Decide = (stream, state, input, now) => Sound.Decide(stream, state, input, input is EnvironmentClock ? now.AddMinutes(5) : now),
            NextDeadline = (state, now) => state is EnvironmentState ? Sound.NextDeadline(state, now)?.AddMinutes(-5) : Sound.NextDeadline(state, now),
        }),
        Of("what must not be repeated is begun again under another name", Sound with { Pending = state => Sound.Pending(state).Select(Again(state)) }),
        Decides("a rollback starts again what must not be repeated", (stream, state, input, now) =>
            input is RollBackEnvironment ? Each(Sound.Decide(stream, Repeatable(state), input, now), one => AsItIs(state, one)) : Sound.Decide(stream, state, input, now)),
        Of("an agent forgets what it must not repeat", new Tamper { AgentForgets = true }),
        Of("the old version is not told to stop", Sound with
        {
            Pending = state => Sound.Pending(state).Select(command => command is WithdrawRelease back ? back with { BackTo = back.Plan.Release } : command),
        }),
    ];

    /// <summary>An answer to anything counts as one to what is pending.</summary>
    private static MachineInput Pretend(MachineState? state, MachineInput input) =>
        state is EnvironmentState environment && input is StageAnswered answered && Sound.Pending(environment).FirstOrDefault() is { } pending
            ? answered with { CommandId = pending.Id }
            : input;

    private static MachineState? Repeatable(MachineState? state) => state is EnvironmentState environment
        ? environment with
        {
            Versions = environment.Versions.Select(version => version with { Candidate = Repeatable(version.Candidate) }).ToValueList(),
        }
        : state;

    private static MachineEvent AsItIs(MachineState? state, MachineEvent decided) => decided is DeploymentOffered offered && state is EnvironmentState environment
        ? offered with { Candidate = environment.Versions.First(version => version.Candidate.Run == offered.Candidate.Run).Candidate }
        : decided;

    private static Candidate Repeatable(Candidate candidate) => candidate with
    {
        Pipeline = candidate.Pipeline with
        {
            Environments = candidate.Pipeline.Environments.Select(environment => environment with
            {
                Target = environment.Target is CommandTarget command ? command with { Repeatable = true } : environment.Target,
            }).ToValueList(),
        },
    };

    /// <summary>Whatever changes in the environment meanwhile makes it another command.</summary>
    private static Func<Command, Command> Again(MachineState state) => command =>
        command is DeployTarget { Plan.Definition.Target: CommandTarget { Repeatable: false } } deploy && state is EnvironmentState environment
            ? deploy with { Id = $"{deploy.Id}-{environment.Settings.Revision}" }
            : command;
}
