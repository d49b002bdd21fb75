using System.Diagnostics;
using Towpath.Core.Agents;
using Towpath.Core.Packages;
using Towpath.Core.Pipelines;

namespace Towpath.Core.Runs;

/// <summary>
/// Takes a commit through its jobs to a package. A job starts when all it needs have succeeded; one that fails is
/// tried again as often as it says; when nothing is under way and nothing can start, the run is over.
/// </summary>
public static class RunMachine
{
    /// <summary>How long an attempt waits for an agent before it is errored.</summary>
    public static readonly TimeSpan QueueTimeout = TimeSpan.FromHours(2);

    /// <summary>What an attempt gets beyond its own timeout before the agent is taken for lost: fetching, reports, outputs.</summary>
    public static readonly TimeSpan AnswerGrace = TimeSpan.FromMinutes(10);

    /// <summary>How long packaging may take.</summary>
    public static readonly TimeSpan PackageTimeout = TimeSpan.FromMinutes(30);

    public static Decision<RunEvent> Decide(RunState? state, RunInput input, DateTimeOffset now)
    {
        if (state is null)
            return input is CreateRun create
                ? Follow(null, [new RunCreated(create.Project, create.Request)], now)
                : Decision<RunEvent>.Nothing;

        IEnumerable<RunEvent> first = input switch
        {
            CreateRun => [],
            AttemptTaken taken when Attempt(state, taken.CommandId) is { Attempt.Status: StepStatus.Queued } at =>
                [new AttemptStarted(at.Job.Definition.Name, at.Attempt.Number, taken.Agent)],
            AttemptTaken => [],
            AttemptAnswered answered when Attempt(state, answered.CommandId) is { } at =>
                [new AttemptEnded(at.Job.Definition.Name, at.Attempt.Number, StatusOf(answered.Answer.Outcome), answered.Answer)],
            AttemptAnswered => [],
            PackageAnswered answered when IsPackaging(state) && PackagingId(state) == answered.CommandId => Packaged(answered),
            PackageAnswered => [],
            CancelRun when state.IsOver => [],
            CancelRun cancel => [new RunEnded(RunStatus.Canceled, $"Canceled by {cancel.By}.")],
            OvertakeRun overtake when state.Status == RunStatus.Queued =>
                [new RunEnded(RunStatus.Canceled, $"Run {overtake.ByRun} builds a newer commit of the same branch.")],
            OvertakeRun => [],
            OfferTaken taken when !state.HandedOver.Contains(taken.Environment) => [new OfferHandedOver(taken.Environment)],
            OfferTaken => [],
            CollectRun when state is { IsOver: true, Collected: null } => [new RunCollected()],
            CollectRun => [],
            RunClock => Overdue(state, now),
            _ => throw new UnreachableException(),
        };
        if (input is CancelRun && state.IsOver)
            return Decision<RunEvent>.Refuse($"Run {state.Number} is over: it {Words(state.Status)}.");
        return Follow(state, first, now);
    }

    public static RunState? Evolve(RunState? state, Recorded<RunEvent> recorded)
    {
        if (recorded.Event is RunCreated created)
            return state ?? Create(created, recorded.At);
        if (state is null)
            return null;
        return recorded.Event switch
        {
            AttemptQueued queued => Queue(state, queued, recorded.At),
            AttemptStarted started => Start(state, started, recorded.At),
            AttemptEnded ended => End(state, ended, recorded.At),
            PackageStored stored => state with { Package = stored.Package },
            RunEnded ended => End(state, ended, recorded.At),
            OfferHandedOver handed => state with { HandedOver = state.HandedOver.Add(handed.Environment) },
            RunCollected => state with { Collected = recorded.At },
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>Attempts that wait for an agent or run on one, or the packaging.</summary>
    public static IEnumerable<Command> Pending(RunState state)
    {
        if (state.IsOver)
            return [];
        if (Packaging(state) is { } packaging)
            return [packaging];
        return state.Jobs.Where(job => job.IsActive).Select(job => new RunJob(
            AttemptId(state, job, job.Attempts[^1]), state.Project, state.Number, job.Attempts[^1].Number,
            state.Request.Commit, state.Request.Ref, job.Definition, InputsOf(state, job), TakenBy: job.Attempts[^1].Agent));
    }

    /// <summary>When to ask again with <see cref="RunClock"/>; null: never.</summary>
    public static DateTimeOffset? NextDeadline(RunState state) =>
        state.IsOver ? null
        : IsPackaging(state) ? PackagingSince(state) + PackageTimeout
        : state.Jobs.Where(job => job.IsActive).Select(job => (DateTimeOffset?)DeadlineOf(job)).Min();

    /// <summary>The name of an attempt everywhere: as a command, as a log.</summary>
    public static string AttemptId(RunState run, JobState job, AttemptState attempt) =>
        $"{StreamId.OfRun(run.Project, run.Number)}/jobs/{job.Definition.Name}/attempts/{attempt.Number}";

    /// <summary>The given events and all that follow from them.</summary>
    private static Decision<RunEvent> Follow(RunState? state, IEnumerable<RunEvent> first, DateTimeOffset now)
    {
        var events = new List<RunEvent>();
        foreach (var given in first)
        {
            events.Add(given);
            state = Evolve(state, new Recorded<RunEvent>(0, now, given));
        }

        while (state is not null && Next(state) is { } next)
        {
            events.Add(next);
            state = Evolve(state, new Recorded<RunEvent>(0, now, next));
        }

        return events.ToValueList();
    }

    private static RunEvent? Next(RunState state)
    {
        if (state.IsOver)
            return null;
        if (state.Package is not null)
            return new RunEnded(RunStatus.Succeeded, "");
        foreach (var job in state.Jobs.Where(job => !job.IsActive && !job.HasSucceeded && !job.IsLost))
        {
            if (job.Definition.Needs.All(needed => state.Job(needed).HasSucceeded))
                return new AttemptQueued(job.Definition.Name, job.Attempts.Count + 1);
        }

        if (state.Jobs.Any(job => job.IsActive) || IsPackaging(state))
            return null;
        var lost = state.Jobs.Where(job => job.IsLost).ToList();
        if (lost.Count == 0)
            return new RunEnded(RunStatus.Succeeded, "");
        var worst = lost.FirstOrDefault(job => job.Status == StepStatus.Failed) ?? lost[0];
        return new RunEnded(
            worst.Status == StepStatus.Failed ? RunStatus.Failed : RunStatus.Errored,
            $"Job '{worst.Definition.Name}': {worst.Attempts[^1].Reason}");
    }

    private static IEnumerable<RunEvent> Packaged(PackageAnswered answered) => answered switch
    {
        { Outcome: Outcome.Succeeded, Package: { } package } => [new PackageStored(package)],
        { Outcome: Outcome.Failed } => [new RunEnded(RunStatus.Failed, answered.Reason)],
        _ => [new RunEnded(RunStatus.Errored, answered.Reason)],
    };

    private static IEnumerable<RunEvent> Overdue(RunState state, DateTimeOffset now)
    {
        if (state.IsOver)
            return [];
        if (IsPackaging(state))
            return now >= PackagingSince(state) + PackageTimeout
                ? [new RunEnded(RunStatus.Errored, $"Packaging took longer than {PackageTimeout.TotalMinutes:0} minutes.")]
                : [];
        return state.Jobs.Where(job => job.IsActive && now >= DeadlineOf(job)).Select(job => new AttemptEnded(
            job.Definition.Name, job.Attempts[^1].Number, StepStatus.Errored, new JobEnded(
                Outcome.Errored,
                job.Attempts[^1].StartedAt is null
                    ? $"No agent took it within {QueueTimeout.TotalHours:0} hours."
                    : $"Agent '{job.Attempts[^1].Agent}' did not answer in time.",
                ValueList<StepResult>.Empty, null, OrdinalMap<StoredOutput>.Empty)));
    }

    private static DateTimeOffset DeadlineOf(JobState job) =>
        job.Attempts[^1].StartedAt is { } started
            ? started + job.Definition.Timeout + AnswerGrace
            : job.Attempts[^1].QueuedAt + QueueTimeout;

    /// <summary>Packaging is due when every job has succeeded, the run deploys, and there is no package yet.</summary>
    private static bool IsPackaging(RunState state) =>
        !state.IsOver && state is { Package: null, Request.Deploys: true, Pipeline.Package: not null } && state.Jobs.All(job => job.HasSucceeded);

    private static StorePackage? Packaging(RunState state) => IsPackaging(state)
        ? new StorePackage(
            PackagingId(state), state.Project, state.Number, state.Request.Commit, state.Pipeline.Package!,
            OrdinalMap<StoredOutput>.From(state.Jobs.SelectMany(job => OutputsOf(job))))
        : null;

    private static string PackagingId(RunState state) => $"{StreamId.OfRun(state.Project, state.Number)}/package";

    private static DateTimeOffset PackagingSince(RunState state) =>
        state.Jobs.Select(job => job.Attempts[^1].FinishedAt).Max() ?? state.QueuedAt;

    private static OrdinalMap<StoredOutput> InputsOf(RunState state, JobState job) =>
        job.Definition.Needs.Count == 0
            ? OrdinalMap<StoredOutput>.Empty
            : OrdinalMap<StoredOutput>.From(job.Definition.Needs.SelectMany(needed => OutputsOf(state.Job(needed))));

    private static IEnumerable<KeyValuePair<string, StoredOutput>> OutputsOf(JobState job) =>
        job.Attempts[^1].Outputs.Select(output => KeyValuePair.Create($"{job.Definition.Name}.{output.Key}", output.Value));

    private static (JobState Job, AttemptState Attempt)? Attempt(RunState state, string commandId)
    {
        if (state.IsOver)
            return null;
        foreach (var job in state.Jobs.Where(job => job.IsActive))
        {
            if (AttemptId(state, job, job.Attempts[^1]) == commandId)
                return (job, job.Attempts[^1]);
        }

        return null;
    }

    private static RunState Create(RunCreated created, DateTimeOffset at) => new(
        created.Project, created.Request, RunStatus.Queued, "", at, null, null,
        created.Request.Uploaded is null
            ? created.Request.Pipeline.Jobs.Select(job => new JobState(job, ValueList<AttemptState>.Empty)).ToValueList()
            : ValueList<JobState>.Empty,
        created.Request.Uploaded, ValueList<string>.Empty);

    private static RunState Queue(RunState state, AttemptQueued queued, DateTimeOffset at) =>
        WithJob(state, queued.Job, job => job with
        {
            Attempts = job.Attempts.Add(new AttemptState(
                queued.Attempt, StepStatus.Queued, null, "", at, null, null, ValueList<StepResult>.Empty, null,
                OrdinalMap<StoredOutput>.Empty)),
        });

    private static RunState Start(RunState state, AttemptStarted started, DateTimeOffset at) =>
        WithAttempt(state, started.Job, started.Attempt, attempt => attempt with
        {
            Status = StepStatus.Running,
            Agent = started.Agent,
            StartedAt = at,
        }) with
        { Status = RunStatus.Running, StartedAt = state.StartedAt ?? at };

    private static RunState End(RunState state, AttemptEnded ended, DateTimeOffset at) =>
        WithAttempt(state, ended.Job, ended.Attempt, attempt => attempt with
        {
            Status = ended.Status,
            Reason = ended.Answer.Reason,
            FinishedAt = at,
            Steps = ended.Answer.Steps,
            Tests = ended.Answer.Tests,
            Outputs = ended.Answer.Outputs,
        });

    private static RunState End(RunState state, RunEnded ended, DateTimeOffset at) => state with
    {
        Status = ended.Status,
        Reason = ended.Reason,
        StartedAt = state.StartedAt,
        FinishedAt = at,
        Jobs = state.Jobs.Replace(job => job.IsActive, job => job with
        {
            Attempts = job.Attempts.SetItem(
                job.Attempts.Count - 1, job.Attempts[^1] with { Status = StepStatus.Canceled, FinishedAt = at, Reason = ended.Reason }),
        }),
    };

    private static RunState WithJob(RunState state, string name, Func<JobState, JobState> change) =>
        state with { Jobs = state.Jobs.ReplaceLast(job => job.Definition.Name == name, change) };

    private static RunState WithAttempt(RunState state, string job, int number, Func<AttemptState, AttemptState> change) =>
        WithJob(state, job, found => found with { Attempts = found.Attempts.ReplaceLast(attempt => attempt.Number == number, change) });

    private static StepStatus StatusOf(Outcome outcome) => outcome switch
    {
        Outcome.Succeeded => StepStatus.Succeeded,
        Outcome.Failed => StepStatus.Failed,
        Outcome.Errored or Outcome.Unknown => StepStatus.Errored,
        _ => throw new UnreachableException(),
    };

    private static string Words(RunStatus status) => status switch
    {
        RunStatus.Queued => "is queued",
        RunStatus.Running => "is running",
        RunStatus.Succeeded => "succeeded",
        RunStatus.Failed => "failed",
        RunStatus.Errored => "errored",
        RunStatus.Canceled => "was canceled",
        _ => throw new UnreachableException(),
    };
}

/// <summary>Make the package of a run's outputs and its commit's tree; answered with <see cref="PackageAnswered"/>.</summary>
/// <param name="Outputs"><c>job.output</c> to what was stored.</param>
public sealed record StorePackage(
    string Id,
    string Project,
    int Run,
    string Commit,
    PackageDefinition Definition,
    OrdinalMap<StoredOutput> Outputs) : Command(Id);
