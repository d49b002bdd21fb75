using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Runs;
using Towpath.Engine;
using Towpath.Engine.Journal;

namespace Towpath.Simulation;

/// <summary>The machines, broken on purpose in one place: the simulator has to find it, or it proves nothing.</summary>
public sealed record Mutation(string Name, Rules Rules, Func<JournalEntry, bool>? Swallows = null)
{
    private static readonly Rules Sound = Rules.OfFlow;

    public static IReadOnlyList<Mutation> All { get; } =
    [
        Decides("a late answer is accepted", (stream, state, input, now) => Sound.Decide(stream, state, Pretend(state, input), now)),
        Decides("the lock is skipped", (stream, state, input, now) => Also(Sound.Decide(stream, state, input, now), Jump(state))),
        Decides("a hold is ignored", (stream, state, input, now) => Sound.Decide(stream, state is EnvironmentState held ? held with { Hold = null } : state, input, now)),
        Decides("quarantine is forgotten", (stream, state, input, now) => Sound.Decide(
            stream, state is EnvironmentState known ? known with { Quarantine = ValueList<Quarantined>.Empty } : state, input, now)),
        Decides("an older commit counts as new", (stream, state, input, now) => Sound.Decide(stream, Ageless(state), input, now)),
        Decides("a rollback does not hold", (stream, state, input, now) => Without(Sound.Decide(stream, state, input, now), one => input is RollBackEnvironment && one is HoldSet)),
        Decides("the check is left out", (stream, state, input, now) => Each(
            Sound.Decide(stream, state, input, now), one => one is StageBegan { Stage: Stage.Check } began ? began with { Stage = Stage.Shift } : one)),
        Decides("nothing is taken back", (stream, state, input, now) => Each(
            Sound.Decide(stream, state, input, now), one => one is WithdrawalBegan began ? new DeploymentEnded(began.Deployment, began.Conclusion, began.Reason, null) : one)),
        Decides("a run that is over can be canceled", (stream, state, input, now) => state is RunState { IsOver: true } && input is CancelRun
            ? (ValueList<MachineEvent>)[new RunEnded(RunStatus.Canceled, "again")]
            : Sound.Decide(stream, state, input, now)),
        Evolves("a push is settled again and again", (stream, state, recorded) => recorded.Event is PushSettled ? state : Sound.Evolve(stream, state, recorded)),
        Evolves("a candidate need not pass the environments before", (stream, state, recorded) => recorded.Event is DeploymentOffered { Kind: DeploymentKind.Deploy } offered
            ? Impatient((EnvironmentState)Sound.Evolve(stream, state, recorded)!, offered.Deployment)
            : Sound.Evolve(stream, state, recorded)),
        new("pushes are not followed up", Sound with { Pending = state => Sound.Pending(state).Where(command => command is not ResolvePush) }),
        new("deadlines are dropped", Sound with { NextDeadline = _ => null }),
        new("news stays with the environment", Sound with { Deliveries = state => state is EnvironmentState ? [] : Sound.Deliveries(state) }),
        new("a run builds what the branch points to now", Sound with
        {
            Pending = state => Sound.Pending(state).Select(command => command is RunJob job ? job with { Commit = new string('f', 40) } : command),
        }),
        new("the beginning of a stage is not recorded", Sound, entry => entry.Type == "stage-began.v1"),
    ];

    private static Mutation Decides(string name, Func<StreamId, MachineState?, MachineInput, DateTimeOffset, Decision<MachineEvent>> decide) => new(name, Sound with { Decide = decide });

    private static Mutation Evolves(string name, Func<StreamId, MachineState?, Recorded<MachineEvent>, MachineState?> evolve) => new(name, Sound with { Evolve = evolve });

    private static Decision<MachineEvent> Each(Decision<MachineEvent> decision, Func<MachineEvent, MachineEvent> change) =>
        decision with { Events = decision.Events.Select(change).ToValueList() };

    private static Decision<MachineEvent> Without(Decision<MachineEvent> decision, Func<MachineEvent, bool> drop) =>
        decision with { Events = decision.Events.Where(one => !drop(one)).ToValueList() };

    private static Decision<MachineEvent> Also(Decision<MachineEvent> decision, MachineEvent? more) =>
        more is null || decision.Refusal is not null ? decision : decision with { Events = decision.Events.Add(more) };

    /// <summary>An answer to anything counts as one to what is pending.</summary>
    private static MachineInput Pretend(MachineState? state, MachineInput input) => (state, input) switch
    {
        (EnvironmentState environment, StageAnswered answered) when Sound.Pending(environment).FirstOrDefault() is { } pending => answered with { CommandId = pending.Id },
        (RunState run, AttemptAnswered answered) when Sound.Pending(run).OfType<RunJob>().FirstOrDefault() is { } pending => answered with { CommandId = pending.Id },
        _ => input,
    };

    private static DeploymentStarted? Jump(MachineState? state) =>
        state is EnvironmentState { Active: not null } environment && environment.Waiting.FirstOrDefault() is { } waiting
            ? new DeploymentStarted(waiting.Number, $"d{waiting.Number}", environment.Settings)
            : null;

    private static MachineState? Ageless(MachineState? state) => state is EnvironmentState environment
        ? environment with { Versions = environment.Versions.Select(version => version with { Candidate = version.Candidate with { Order = 0 } }).ToValueList() }
        : state;

    private static EnvironmentState Impatient(EnvironmentState state, int deployment) => state with
    {
        Deployments = state.Deployments.Replace(found => found.Number == deployment, found => found with
        {
            Status = DeploymentStatus.Waiting,
            PassedIn = found.Definition(state.Name)!.After,
        }),
    };
}
