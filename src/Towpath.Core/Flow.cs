using System.Diagnostics;
using Towpath.Core.Agents;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Packages;
using Towpath.Core.Runs;

namespace Towpath.Core;

/// <summary>
/// The table of contents: which machine an input goes to, and what one machine hands to another.
/// <code>
/// push or schedule ─► project ─► run ─► candidate ─► environment ─► the environments after it
/// </code>
/// </summary>
public static class Flow
{
    public static Decision<MachineEvent> Decide(
        StreamId stream, MachineState? state, MachineInput input, DateTimeOffset now) => input switch
    {
        ProjectInput project => Widen(ProjectMachine.Decide((ProjectState?)state ?? ProjectState.Empty(stream.Project), project, now)),
        RunInput run => Widen(RunMachine.Decide((RunState?)state, run, now)),
        EnvironmentInput environment => Widen(EnvironmentMachine.Decide(
            (EnvironmentState?)state ?? EnvironmentState.Empty(stream.Project, stream.Environment!), environment, now)),
        _ => throw new UnreachableException(),
    };

    public static MachineState? Evolve(StreamId stream, MachineState? state, Recorded<MachineEvent> recorded) => recorded.Event switch
    {
        ProjectEvent project => ProjectMachine.Evolve((ProjectState?)state ?? ProjectState.Empty(stream.Project), recorded.Of(project)),
        RunEvent run => RunMachine.Evolve((RunState?)state, recorded.Of(run)),
        EnvironmentEvent environment => EnvironmentMachine.Evolve(
            (EnvironmentState?)state ?? EnvironmentState.Empty(stream.Project, stream.Environment!), recorded.Of(environment)),
        _ => throw new UnreachableException(),
    };

    /// <summary>Everything that should be in flight outside now.</summary>
    public static IEnumerable<Command> Pending(MachineState state) => state switch
    {
        ProjectState project => ProjectMachine.Pending(project),
        RunState run => RunMachine.Pending(run),
        EnvironmentState environment => EnvironmentMachine.Pending(environment),
        _ => throw new UnreachableException(),
    };

    /// <summary>When the machine wants to be asked again; null: never.</summary>
    public static DateTimeOffset? NextDeadline(MachineState state, DateTimeOffset now) => state switch
    {
        ProjectState project => ProjectMachine.NextDeadline(project),
        RunState run => RunMachine.NextDeadline(run),
        EnvironmentState environment => EnvironmentMachine.NextDeadline(environment, now),
        _ => throw new UnreachableException(),
    };

    /// <summary>The input that asks a machine to look at the time.</summary>
    /// <param name="noRoom">Why nothing new can be begun; null when it can.</param>
    public static MachineInput Clock(StreamId stream, string? noRoom) =>
        stream.Run is not null ? new RunClock() : stream.Environment is not null ? new EnvironmentClock() : new ProjectClock(noRoom);

    /// <summary>What an agent's answer means to the machine that gave the command.</summary>
    public static MachineInput Answer(string commandId, AgentAnswer answer) => answer switch
    {
        JobEnded job => new AttemptAnswered(commandId, job),
        StageEnded stage => new StageAnswered(commandId, stage.Outcome, stage.Reason)
        {
            History = stage.History,
            Traffic = stage.Traffic,
            Samples = stage.Samples,
        },
        _ => throw new UnreachableException(),
    };

    /// <summary>
    /// What a machine has for another one and has not been confirmed. Delivered in order; the receipt goes back to the
    /// giver. A crash in between delivers again, and the taker knows what it has.
    /// </summary>
    public static IEnumerable<Delivery> Deliveries(MachineState state) => state switch
    {
        ProjectState project => Requests(project),
        RunState { Candidate: { } candidate } run => Offers(run, candidate),
        RunState => [],
        EnvironmentState { HandOvers.Count: 0 } => [],
        EnvironmentState environment => News(environment),
        _ => throw new UnreachableException(),
    };

    /// <summary>Something may still happen by itself, so the machine has to be in memory.</summary>
    public static bool IsActive(MachineState state) => state switch
    {
        ProjectState => true,
        RunState run => !run.IsOver || Deliveries(run).Any(),
        EnvironmentState => true,
        _ => throw new UnreachableException(),
    };

    private static IEnumerable<Delivery> Requests(ProjectState project) =>
        project.Requests.Where(request => !request.HandedOver).SelectMany(request => Runs(project, request));

    private static IEnumerable<Delivery> Offers(RunState run, Candidate candidate) =>
        run.Pipeline.FirstEnvironments.Where(first => !run.HandedOver.Contains(first.Name)).Select(first => new Delivery(
            StreamId.OfEnvironment(run.Project, first.Name), new OfferCandidate(candidate, null), new OfferTaken(first.Name)));

    /// <summary>What was taken back comes first, and all of it at once, so that none of it starts before it is known.</summary>
    private static IEnumerable<Delivery> News(EnvironmentState environment) => environment.HandOvers.Where(news => !news.Passed)
        .GroupBy(news => news.To, news => news.Candidate)
        .Select(revoked => new Delivery(
            StreamId.OfEnvironment(environment.Project, revoked.Key), new RevokeCandidates(revoked.ToValueList(), environment.Name),
            new HandOverTaken(revoked.Key, revoked.Select(candidate => candidate.Run).ToValueList(), Passed: false)))
        .Concat(environment.HandOvers.Where(news => news.Passed).Select(news => new Delivery(
            StreamId.OfEnvironment(environment.Project, news.To), new OfferCandidate(news.Candidate, environment.Name),
            new HandOverTaken(news.To, [news.Candidate.Run], Passed: true))));

    /// <summary>A new run; before it, word to those of older commits on a branch that does not deploy that they are overtaken.</summary>
    private static IEnumerable<Delivery> Runs(ProjectState project, RunRequest request)
    {
        if (!request.Deploys)
        {
            // By order, not by number: a retry is a new run of an older commit.
            var older = project.Requests.Where(other => other.Ref == request.Ref && other.Order < request.Order && !other.Deploys);
            foreach (var overtaken in older.TakeLast(OvertakenAtMost))
                yield return new Delivery(StreamId.OfRun(project.Name, overtaken.Number), new OvertakeRun(request.Number), null) { IsForActive = true };
        }

        yield return new Delivery(
            StreamId.OfRun(project.Name, request.Number), new CreateRun(project.Name, request), new RunTaken(request.Number));
    }

    /// <summary>Older runs of a branch that are told; those before them were told by later ones.</summary>
    private const int OvertakenAtMost = 20;

    private static Decision<MachineEvent> Widen<TEvent>(Decision<TEvent> decision) where TEvent : MachineEvent =>
        decision.Refusal is { } refusal ? Decision<MachineEvent>.Refuse(refusal)
        : decision.Events.Count == 0 ? Decision<MachineEvent>.Nothing
        : ValueList<MachineEvent>.Of(decision.Events);
}

/// <summary>An input from one machine to another.</summary>
/// <param name="Receipt">Goes back to the giver when the taker has decided; null: nobody waits for one.</param>
public sealed record Delivery(StreamId To, MachineInput Input, MachineInput? Receipt)
{
    /// <summary>It means nothing to a machine in which nothing happens any more, so none is fetched into memory for it.</summary>
    public bool IsForActive { get; init; }
}
