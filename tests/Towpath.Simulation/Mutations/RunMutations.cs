using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Commits;
using Towpath.Core.Runs;
using static Towpath.Simulation.Mutations.Mutation;

namespace Towpath.Simulation.Mutations;

/// <summary>A commit's way to a package, broken.</summary>
internal static class RunMutations
{
    public static IEnumerable<Mutation> All() =>
    [
        Decides("the answer to an earlier attempt counts", (stream, state, input, now) => Sound.Decide(stream, state, Pretend(state, input), now)),
        Decides("a run that is over can be canceled", (stream, state, input, now) => state is RunState { IsOver: true } && input is CancelRun
            ? (ValueList<MachineEvent>)[new RunEnded(RunStatus.Canceled, "again")]
            : Sound.Decide(stream, state, input, now)),
        Decides("a canceled run goes on", (stream, state, input, now) => input is CancelRun && state is not null ? Decision<MachineEvent>.Nothing : Sound.Decide(stream, state, input, now)),
        Decides("a job is tried once more than it may be", (stream, state, input, now) => Sound.Decide(stream, Patient(state), input, now)),
        Evolves("a push is settled again and again", (stream, state, recorded) => recorded.Event is PushSettled ? state : Sound.Evolve(stream, state, recorded)),
        Of("pushes are not followed up", Sound with { Pending = state => Sound.Pending(state).Where(command => command is not ResolvePush) }),
        Of("a run has no deadline", Sound with { NextDeadline = (state, now) => state is RunState ? null : Sound.NextDeadline(state, now) }),
        Of("a run builds what the branch points to now", Sound with
        {
            Pending = state => Sound.Pending(state).Select(command => command is RunJob job ? job with { Commit = new string('f', 40) } : command),
        }),
        Of("a run is never handed to its stream", Sound with { Deliveries = state => state is ProjectState ? [] : Sound.Deliveries(state) }),
        Decides("a retry builds the newest commit", (stream, state, input, now) => input is RequestRetry retry && state is ProjectState project
            ? Sound.Decide(stream, state, retry with { Run = project.NextRun - 1 }, now)
            : Sound.Decide(stream, state, input, now)),
    ];

    private static MachineInput Pretend(MachineState? state, MachineInput input) =>
        state is RunState run && input is AttemptAnswered answered && Sound.Pending(run).OfType<RunJob>().FirstOrDefault() is { } pending
            ? answered with { CommandId = pending.Id }
            : input;

    private static MachineState? Patient(MachineState? state) => state is RunState run
        ? run with { Jobs = run.Jobs.Select(job => job with { Definition = job.Definition with { Retry = job.Definition.Retry + 1 } }).ToValueList() }
        : state;
}
