using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Packages;
using Towpath.Core.Pipelines;
using Towpath.Core.Runs;
using Towpath.Engine;
using Towpath.Simulation.Outside;

namespace Towpath.Simulation.Checkers;

/// <summary>Sees in the record and in the books which rare paths were walked. It finds nothing wrong.</summary>
internal sealed class MarkSpotter(Books books, Marks marks) : Checker(books)
{
    private readonly HashSet<(string Project, string Ref, string Commit)> commits = [];
    private readonly Dictionary<(string Project, string Ref), long> newest = [];

    public override string Promise => "Rare paths are walked";

    public override string? Look(in Fact fact)
    {
        switch (fact.Event)
        {
            case ProjectEvent project:
                Spot(fact, project);
                break;
            case RunEvent run:
                Spot(fact, run);
                break;
            case EnvironmentEvent environment:
                Spot(fact, environment);
                break;
        }

        return null;
    }

    public override string? Before(IReadOnlyList<Letter> letters)
    {
        if (letters.Count >= 5)
            marks.Reach(Mark.ManyInputsInOneBatch);
        foreach (var letter in letters)
            Spot(letter);
        return null;
    }

    private void Spot(Letter letter)
    {
        var page = Books.Find(letter.Stream);
        switch (letter.Input)
        {
            case StageAnswered answer when !Books.Wanted.Contains(answer.CommandId):
                marks.Reach(page is EnvironmentPage { UnderWay.Stage: Stage.Withdraw } ? Mark.AnswerCameAfterTheRollbackBegan : Mark.AnswerCameLate);
                break;
            case AttemptAnswered when page is RunPage { IsOver: true }:
                marks.Reach(Mark.AnswerForARunThatIsOver);
                break;
            case RollBackEnvironment when page is EnvironmentPage { UnderWay: { } active }:
                marks.Reach(active.IsBeingTakenBack ? Mark.RolledBackWhileRollingBack : Mark.RolledBackDuringADeployment);
                break;
            case RollBackEnvironment { To: { } run } when page is EnvironmentPage { UnderWay: null, IsStopped: false } wide
                && wide.Versions.SkipLast(2).Any(version => version.Candidate.Run == run):
                marks.Reach(Mark.RolledBackBehindSeveral);
                break;
            case RollBackEnvironment when page is EnvironmentPage { UnderWay: null, IsStopped: false, Versions: [.., { } before, _] } bounded && bounded.Barred.Contains(before.Candidate.Run):
                marks.Reach(Mark.WayBackBarred);
                break;
            case RollBackEnvironment when page is EnvironmentPage { UnderWay: null, Live: { } live } environment
                && live.Definition(environment.Name)?.Target is CommandTarget { Undo: UndoMode.None }:
                marks.Reach(Mark.RollbackRefused);
                break;
            case CancelDeployment cancel when page is EnvironmentPage environment && environment.Deployments.GetValueOrDefault(cancel.Deployment) is { IsOver: false } line:
                Spot(line);
                break;
            case AcceptDeployment accept when page is EnvironmentPage { UnderWay: { NeedsDecision: true } line } && line.Number == accept.Deployment:
                marks.Reach(Mark.DecisionAccepted);
                break;
        }
    }

    private void Spot(DeploymentLine canceled)
    {
        if (canceled.NeedsDecision)
            marks.Reach(Mark.DecisionCanceled);
        else if (canceled.Release is null)
            marks.Reach(Mark.CanceledWhileWaiting);
        else if (canceled.Stage is not null and not Stage.Withdraw)
            marks.Reach(Enum.Parse<Mark>($"CanceledIn{canceled.Stage}"));
    }

    private void Spot(in Fact fact, ProjectEvent spotted)
    {
        var page = (ProjectPage)fact.Page;
        switch (spotted)
        {
            case RefMoved moved:
                var change = page.Pushes.GetValueOrDefault(moved.PushId)?.Changes.FirstOrDefault(change => change.Ref == moved.Ref);
                if (change is null)
                    break;
                if (change.New is null)
                    marks.Reach(Mark.BranchDeleted);
                else if (!commits.Add((page.Project, change.Ref, change.New)))
                    marks.Reach(Mark.ThereAndBackAgain);
                if (change is { New: { } commit })
                    Spot(page.Project, change.Ref, commit);
                break;
            case RetryRequested:
                marks.Reach(Mark.RunRetried);
                break;
            case UploadRequested:
                marks.Reach(Mark.PackageUploaded);
                break;
        }
    }

    /// <summary>Commits are numbered as they are made.</summary>
    private void Spot(string project, string reference, string commit)
    {
        var number = long.Parse(commit, System.Globalization.NumberStyles.HexNumber, null);
        if (newest.TryGetValue((project, reference), out var before) && number < before)
            marks.Reach(Mark.ForcePushBackwards);
        newest[(project, reference)] = number;
    }

    private void Spot(in Fact fact, RunEvent spotted)
    {
        switch (spotted)
        {
            case AttemptQueued { Attempt: > 1 }:
                marks.Reach(Mark.AttemptRetried);
                break;
            case AttemptEnded { Answer.Reason: var reason } when reason.EndsWith("did not answer in time.", StringComparison.Ordinal):
                marks.Reach(Mark.AttemptTimedOut);
                break;
            case RunEnded { Status: RunStatus.Errored, Reason: var reason } when reason.StartsWith("Packaging took", StringComparison.Ordinal):
                marks.Reach(Mark.PackagingTimedOut);
                break;
            case RunEnded { Status: RunStatus.Canceled, Reason: var reason }:
                marks.Reach(reason.StartsWith("Canceled by", StringComparison.Ordinal) ? Mark.RunCanceled : Mark.RunOvertaken);
                break;
            case RunEnded { Status: RunStatus.Succeeded } when fact.Run is { Package: null, Created.Request.Deploys: true }:
                marks.Reach(Mark.RunWithoutAPackage);
                break;
        }
    }

    private void Spot(in Fact fact, EnvironmentEvent spotted)
    {
        var page = fact.Environment;
        switch (spotted)
        {
            case DeploymentOffered offered when page.Hold is not null && offered.Kind == DeploymentKind.Deploy && page.UnderWay is null:
                marks.Reach(Mark.HoldKeptAReadyCandidate);
                break;
            case DeploymentStarted started:
                Spot(fact, started);
                break;
            case UpstreamRevoked revoked when page.Waiting.ContainsKey(revoked.Deployment):
                marks.Reach(Mark.UpstreamRevokedWhileWaiting);
                break;
            case UpstreamPassed passed when fact.Deployment(passed.Deployment).Definition(page.Name)?.After.Count > 1 && page.Waiting.ContainsKey(passed.Deployment):
                marks.Reach(Mark.PartiallyPassed);
                break;
            case SettingsChanged when page.UnderWay is not null:
                marks.Reach(Mark.SettingsChangedDuringADeployment);
                break;
            case TrafficMeasured or ShareRaised or RolloutPaused or RolloutAdvanced or StageBegan { Stage: Stage.Shift }:
                SpotCanary(fact, spotted);
                break;
            case WithdrawalBegan { Reason: var reason } began when fact.Deployment(began.Deployment) is { Stage: Stage.Canary }:
                marks.Reach(reason.StartsWith("The new version answers", StringComparison.Ordinal) ? Mark.CanaryTakenBackByEvidence
                    : reason.StartsWith("Nothing was shown", StringComparison.Ordinal) ? Mark.CanaryTakenBackUndecided
                    : reason.StartsWith("'queue' is", StringComparison.Ordinal) ? Mark.CanaryTakenBackByAMetric
                    : reason.StartsWith("The new version scores", StringComparison.Ordinal) ? Mark.CanaryTakenBackByItsScore
                    : Mark.AnswerCameLate);
                break;
            case WithdrawalBegan began:
                marks.Reach(fact.Deployment(began.Deployment) switch
                {
                    { Stage: Stage.Withdraw } => Mark.WithdrawalBegunAgain,
                    { Kind: DeploymentKind.Rollback } => Mark.RollbackFailed,
                    _ when began.Reason.EndsWith("in time.", StringComparison.Ordinal) => Mark.StageTimedOut,
                    _ => Mark.AnswerCameLate,
                });
                break;
            case DecisionNeeded needed:
                marks.Reach(needed.Reason.Contains("Nobody knows", StringComparison.Ordinal) ? Mark.NobodyKnowsWhetherItWasDeployed
                    : needed.Reason.EndsWith("'withdraw' in time.", StringComparison.Ordinal) ? Mark.WithdrawalTimedOut
                    : Mark.DecisionNeeded);
                break;
            case WentLive live when fact.Deployment(live.Deployment) is { Kind: DeploymentKind.Promote } line && page.Live?.Candidate.Order > line.Candidate.Order:
                marks.Reach(Mark.PromotedOverANewerVersion);
                break;
            case WentLive when page.IsStopped:
                marks.Reach(Mark.EnvironmentStartedAgain);
                break;
            case StageBegan { Stage: Stage.Contract } contract when fact.Deployment(contract.Deployment).Candidate.Run != page.Live?.Candidate.Run:
                marks.Reach(Mark.ContractOfAVersionThatWasReplaced);
                break;
            case Contracted or Stopped:
                marks.Reach(spotted is Stopped ? Mark.EnvironmentStopped : Mark.ContractRan);
                break;
            case DeploymentEnded ended:
                Spot(fact, ended);
                break;
        }
    }

    private void SpotCanary(in Fact fact, EnvironmentEvent spotted)
    {
        switch (spotted)
        {
            case TrafficMeasured { Traffic: null }:
                marks.Reach(Mark.MeasurementWithoutCounts);
                break;
            case TrafficMeasured { Traffic.Baseline.Requests: 0 }:
                marks.Reach(Mark.CanaryWithoutTraffic);
                break;
            case TrafficMeasured { Samples: [{ Value: null }, ..] } silent when SimulatedTraffic.IsSilent(fact.Deployment(silent.Deployment).Candidate.Commit):
                marks.Reach(Mark.MetricWithoutNumbers);
                break;
            case TrafficMeasured measured when fact.Environment.Hold is not null && !fact.Deployment(measured.Deployment).IsPaused:
                marks.Reach(Mark.CanaryHeld);
                break;
            case RolloutPaused paused:
                marks.Reach(paused.Reason.StartsWith("The pipeline", StringComparison.Ordinal) ? Mark.CanaryPausedByItsPipeline : Mark.CanaryLeftUndecided);
                break;
            case RolloutAdvanced:
                marks.Reach(Mark.CanaryAdvancedByHand);
                break;
            case StageBegan { Stage: Stage.Shift } shift when fact.Deployment(shift.Deployment) is { Stage: Stage.Canary, IsAdvanced: false } line:
                if (line.Definition(fact.Environment.Name)!.Rollout!.Metrics.Any(metric => metric.Name == "queue"))
                    marks.Reach(Mark.CanaryWentThroughWithMetrics);
                marks.Reach(SimulatedTraffic.IsWorse(line.Candidate.Commit) ? Mark.WorseVersionWatchedByNobody : Mark.CanaryWentThrough);
                break;
        }
    }

    private void Spot(in Fact fact, DeploymentStarted started)
    {
        var line = fact.Deployment(started.Deployment);
        if (line.Kind == DeploymentKind.Settings)
            marks.Reach(Mark.SettingsDeployedByThemselves);
        if (line.Kind == DeploymentKind.Rollback)
            marks.Reach(Mark.RolledBackByHand);
        if (line.Kind == DeploymentKind.Deploy && fact.Environment.Live?.Release == started.Release)
            marks.Reach(Mark.ReleaseReused);
        if (line.Definition(fact.Environment.Name)?.Queue == QueueMode.Every && fact.Environment.Waiting.Count > 1)
            marks.Reach(Mark.EveryCandidateHasItsTurn);
    }

    private void Spot(in Fact fact, DeploymentEnded ended)
    {
        switch (ended.Status)
        {
            case DeploymentStatus.Superseded when fact.Environment.UnderWay is not null:
                marks.Reach(Mark.SupersededWhileAnotherDeploys);
                break;
            case DeploymentStatus.Failed or DeploymentStatus.Errored when fact.Deployment(ended.Deployment) is { Kind: DeploymentKind.Contract }:
                marks.Reach(Mark.ContractFailed);
                break;
            case DeploymentStatus.Outdated:
                marks.Reach(Mark.OlderCandidateOutdated);
                break;
            case DeploymentStatus.Refused when ended.Reason.StartsWith("It waited", StringComparison.Ordinal):
                marks.Reach(Mark.WaitingCandidateTimedOut);
                break;
            case DeploymentStatus.Refused when ended.Reason.StartsWith("The same package", StringComparison.Ordinal):
                marks.Reach(Books.Run(fact.Page.Project, fact.Deployment(ended.Deployment).Candidate.Run)!.Created!.Request.RetryOf is null
                    ? Mark.QuarantineRefusedACandidate
                    : Mark.QuarantineRefusedARetry);
                break;
        }
    }
}
