using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Commits;
using Towpath.Core.Runs;
using Towpath.Engine;

namespace Towpath.Simulation.Checkers;

/// <summary>Guarantee 1; and later is newer: a ref's runs are in the order in which the ref moved.</summary>
internal sealed class EveryRefUpdateHasOneRun(Books books) : Checker(books)
{
    private readonly List<RunCreated> created = [];

    public override string Promise => "Every accepted ref update has exactly one run";

    public override string? Look(in Fact fact)
    {
        if (fact.Event is not RunCreated run)
            return null;
        if (fact.Run.Created is not null)
            return "a run was created twice";
        created.Add(run);
        return null;
    }

    public override string? AtTheEnd(Ending ending)
    {
        if (Books.Pages.OfType<ProjectPage>().FirstOrDefault(page => page.Pushes.Count > 0) is { } open)
            return $"a push to {open.Project} was never settled";
        if (Books.Pages.OfType<ProjectPage>().FirstOrDefault(page => page.Owed.Count > 0) is { } owing)
            return $"run {owing.Owed.Min()} of {owing.Project} was asked for and never handed over";
        var runs = Sorted(created.Where(run => run.Request is { RetryOf: null, Uploaded: null }).OrderBy(run => run.Request.Order)
            .Select(run => (run.Project, run.Request.Ref, run.Request.Commit)));
        var moved = Sorted(ending.Moved);
        return runs.SequenceEqual(moved) ? null : $"{moved.Count} ref updates were accepted and {runs.Count} runs were made of them, or in another order";
    }

    /// <summary>By ref; what happened to one ref stays in its order.</summary>
    private static List<(string Project, string Ref, string Commit)> Sorted(IEnumerable<(string Project, string Ref, string Commit)> updates) =>
        [.. updates.OrderBy(update => update.Project, StringComparer.Ordinal).ThenBy(update => update.Ref, StringComparer.Ordinal)];
}

/// <summary>Journal first, act second: whoever starts now from the disk alone would give the same command.</summary>
internal sealed class RecordedBeforeDone(Books books) : Checker(books)
{
    public override string Promise => "Nothing is done that is not recorded";

    public override string? OnBegun(Command command) =>
        Books.Wanted.Contains(command.Id) ? null : $"{command.Id} was begun, and after a crash nobody would know of it";
}

/// <summary>Guarantee 9, and the part of 11 about the very same bytes.</summary>
internal sealed class RunsKeepTheirCommit(Books books) : Checker(books)
{
    private int? retried;

    public override string Promise => "A run uses one commit, one definition and makes one package";

    public override string? Before(IReadOnlyList<Letter> letters)
    {
        retried = letters is [{ Input: RequestRetry { Run: var run } }] ? run : null;
        return null;
    }

    public override string? Look(in Fact fact) => fact.Event switch
    {
        RetryRequested retry when retried is { } asked && retry.RetryOf != asked => $"run {asked} was asked for again, and {retry.RetryOf} was taken",
        RunCreated { Request: { RetryOf: { } first } request } when Of(fact.Page.Project, first).Created!.Request is var model
            && (model.Commit, model.Order, model.Deploys) != (request.Commit, request.Order, request.Deploys) => $"run {request.Number} is not what run {first} was",
        PackageStored when fact.Run.Package is not null => "a second package was stored",
        Core.Environments.DeploymentOffered offered when Of(fact.Stream.Project, offered.Candidate.Run) is var run
            && (offered.Candidate.Package != run.Package || offered.Candidate.Commit != run.Created!.Request.Commit) => "another package or commit was offered than the run made",
        _ => null,
    };

    public override string? OnBegun(Command command) => command switch
    {
        RunJob job when Of(job.Project, job.Run).Created!.Request.Commit is var commit
            && (job.Commit != commit || job.Job.Steps[0].Run != $"build {commit}") => $"{job.Id} builds {job.Commit} instead of {commit}",
        StorePackage store when Of(store.Project, store.Run).Created!.Request.Commit != store.Commit => $"{store.Id} packages {store.Commit}",
        ShiftTraffic { Plan: var plan } when Of(plan.Project, plan.Run).Package?.Digest != plan.Package.Digest => Other(command, plan),
        DeployTarget { Plan: var plan } when Of(plan.Project, plan.Run).Package?.Digest != plan.Package.Digest => Other(command, plan),
        _ => null,
    };

    private static string Other(Command command, ReleasePlan plan) => $"{command.Id} deploys other bytes than run {plan.Run} made";

    private RunPage Of(string project, int run) => Books.Run(project, run)!;
}

/// <summary>A job has no more attempts than it may, and only after those it needs.</summary>
internal sealed class AttemptsAreCounted(Books books) : Checker(books)
{
    public override string Promise => "A job is tried as often as it says, after those that it needs";

    public override string? Look(in Fact fact)
    {
        if (fact.Event is not AttemptQueued queued)
            return null;
        var run = fact.Run;
        var job = run.Created!.Request.Pipeline.Jobs.First(job => job.Name == queued.Job);
        if (queued.Attempt > job.Retry + 1)
            return $"attempt {queued.Attempt} of '{job.Name}', which may be tried {job.Retry + 1} times";
        return job.Needs.FirstOrDefault(need => run.Jobs.GetValueOrDefault(need) is not { Status: StepStatus.Succeeded }) is { } missing
            ? $"'{job.Name}' was queued before '{missing}' had succeeded"
            : null;
    }
}

/// <summary>Terminal states stay terminal.</summary>
internal sealed class OverStaysOver(Books books) : Checker(books)
{
    public override string Promise => "What is over stays over";

    public override string? Look(in Fact fact) => fact.Event switch
    {
        RunEvent and not (RunCreated or OfferHandedOver) when fact.Run.IsOver => "the run went on after its end",
        AttemptEnded ended when IsOver(fact.Run, ended.Job, ended.Attempt) => "an attempt ended twice",
        Core.Environments.WentLive live => Of(fact, live.Deployment),
        Core.Environments.Stopped stopped => Of(fact, stopped.Deployment),
        Core.Environments.DeploymentEnded ended => Of(fact, ended.Deployment),
        Core.Environments.DeploymentStarted started => Of(fact, started.Deployment),
        Core.Environments.StageBegan began => Of(fact, began.Deployment),
        Core.Environments.WithdrawalBegan began => Of(fact, began.Deployment),
        Core.Environments.DecisionNeeded needed => Of(fact, needed.Deployment),
        _ => null,
    };

    private static string? Of(in Fact fact, int deployment) => fact.Deployment(deployment).IsOver ? $"deployment {deployment} went on after its end" : null;

    private static bool IsOver(RunPage run, string job, int attempt) =>
        run.Jobs[job] is var line && (line.Number != attempt || line.Status is not (StepStatus.Queued or StepStatus.Running));
}
