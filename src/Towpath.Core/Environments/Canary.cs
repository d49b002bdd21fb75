using Towpath.Core.Agents;
using Towpath.Core.Environments.Analysis;
using Towpath.Core.Pipelines;

namespace Towpath.Core.Environments;

/// <summary>
/// A rollout in steps: the release gets a share of the traffic beside the live one, and each measurement of both says whether
/// it goes on, goes back, or waits.
/// </summary>
public static class Canary
{
    /// <summary>How long a canary waits for a person before it is taken back.</summary>
    public static readonly TimeSpan PauseTimeout = TimeSpan.FromDays(7);

    /// <summary>What a program takes to get quick after its first requests: caches fill, and its code is compiled.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);

    /// <summary>How long is measured at a time while a canary waits for a person: that may take days.</summary>
    private static readonly TimeSpan WhilePaused = TimeSpan.FromMinutes(1);

    /// <summary>Measurements in which only the live version had requests, after which the new one counts as not to be reached.</summary>
    private const int SilentBins = 12;

    /// <summary>The rollout in steps of a deployment; null: its traffic moves at once.</summary>
    public static RolloutDefinition? Of(EnvironmentState state, Deployment deployment) =>
        // Nothing to compare with, nothing that differs, or a person who needs it now.
        deployment.Kind == DeploymentKind.Rollback || state.Live is not { } live || live.Release == deployment.Release
            || !Listening(state, live.Candidate.Pipeline).Intersect(Listening(state, deployment.Candidate.Pipeline)).Any()
            ? null
            : deployment.Definition(state.Name)?.Rollout;

    /// <summary>Apps whose requests the router can share out: files change all at once.</summary>
    private static IEnumerable<string> Listening(EnvironmentState state, Pipeline pipeline) =>
        pipeline.Environment(state.Name)?.Target is AppsTarget target
            ? pipeline.Apps.OfType<ProcessApp>().Select(app => app.Name).Where(target.Listen.ContainsKey)
            : [];

    /// <summary>The command of a stage that only a canary has; null where there is nothing to compare with, or no step.</summary>
    internal static AgentCommand? CommandFor(EnvironmentState state, Deployment deployment, string id, ReleasePlan plan) => deployment switch
    {
        _ when state.Live is null || plan.Definition.Rollout is null => null,
        { Stage: Stage.Survey } => new SurveyTraffic(id, plan, state.Live.Release, plan.Definition.Rollout.Bin),
        { Canary: { } canary } when canary.Step < plan.Definition.Rollout.Steps.Count => new MeasureTraffic(
            $"{id}-{canary.Bin}", plan, state.Live.Release, plan.Definition.Rollout.Steps[canary.Step].Share, plan.Definition.Rollout.Sticky,
            canary.Paused is null ? plan.Definition.Rollout.Bin : WhilePaused, canary.Evidence.History.Edges),
        _ => null,
    };

    /// <summary>What a successful answer in one of its stages leads to.</summary>
    internal static Decision<EnvironmentEvent> Answer(EnvironmentState state, Deployment active, StageAnswered answered, DateTimeOffset now)
    {
        var rollout = active.Definition(state.Name)!.Rollout!;
        if (active.Stage == Stage.Survey)
            return (ValueList<EnvironmentEvent>)
            [
                new TrafficSurveyed(active.Number, answered.History ?? TrafficHistory.None),
                new StageBegan(active.Number, Stage.Canary, now + rollout.Longest),
            ];
        return (ValueList<EnvironmentEvent>)[new TrafficMeasured(active.Number, active.Canary!.Bin, answered.Traffic)];
    }

    /// <summary>The longest time of a step is over, or a person did not come.</summary>
    internal static Decision<EnvironmentEvent> Overdue(EnvironmentState state, Deployment active, DateTimeOffset now)
    {
        if (active.Definition(state.Name) is not { Rollout: { } rollout } || active.Canary is not { } canary || canary.Step >= rollout.Steps.Count)
            return TakeBack(state, active, "It is at no step of a canary.", now);
        if (canary.Paused is { } pause)
            return TakeBack(state, active, $"Nobody let it go on for {PauseTimeout.TotalDays:0} days. {pause}", now);
        var judgement = Judge(canary, rollout);
        var reason = $"Nothing was shown at {Percent(rollout.Steps[canary.Step].Share)} of the traffic within the longest time of a step. {judgement.Reason}"
            .TrimEnd();
        // What was shown to be no worse, or was kept from going on by a person, has not failed to show anything.
        var isNoFault = state.Hold is not null || judgement.Verdict == Verdict.NotWorse;
        return rollout.Undecided == UndecidedPolicy.RollBack && !isNoFault
            ? TakeBack(state, active, reason, now)
            : (ValueList<EnvironmentEvent>)[new RolloutPaused(active.Number, reason, now + PauseTimeout)];
    }

    /// <summary>A person lets it go on.</summary>
    internal static Decision<EnvironmentEvent> Advance(EnvironmentState state, AdvanceDeployment advance, DateTimeOffset now)
    {
        if (state.Deployment(advance.Deployment) is not { } deployment)
            return Decision<EnvironmentEvent>.Refuse($"'{state.Name}' has no deployment {advance.Deployment}.");
        if (deployment is not { Stage: Stage.Canary, Status: DeploymentStatus.Shifting or DeploymentStatus.Paused, Canary: not null }
            || deployment.Definition(state.Name)?.Rollout is not { } rollout)
            return Decision<EnvironmentEvent>.Refuse($"Deployment {advance.Deployment} of '{state.Name}' is not at a step of a canary.");
        var advanced = new RolloutAdvanced(deployment.Number, advance.By);
        return (ValueList<EnvironmentEvent>)
            [advanced, advance.ToEnd ? Shift(state, deployment, now) : NextStep(state, deployment, rollout, now)];
    }

    internal static CanaryState Begin(TrafficHistory history, RolloutDefinition? rollout)
    {
        var settings = AnalysisSettings.For(history.RequestsPerSecond);
        if (rollout is not null)
            settings = settings with
            {
                Alpha = rollout.Alpha,
                LeastDwell = rollout.Dwell,
                LongestStep = rollout.Longest,
                BinSeconds = rollout.Bin.TotalSeconds,
                WarmUpBins = (int)Math.Ceiling(WarmUp / rollout.Bin),
            };
        var live = new LiveHistory(history.RequestsPerSecond, history.Requests, history.Errors, history.Slower, history.Edges);
        return new CanaryState(0, 1, 0, null) { Evidence = Evidence.Begin(settings, live) };
    }

    internal static CanaryState Seen(CanaryState canary, TrafficMeasured measured, RolloutDefinition? rollout)
    {
        var next = canary with { Bin = measured.Bin + 1 };
        if (measured.Traffic is not { } traffic)
            return next;
        // Without a judge there is nothing that time without traffic would keep from being seen.
        if (rollout?.Judge == JudgeKind.None)
            return next with { Measured = canary.Measured + 1 };
        var tells = traffic.Candidate.Requests + traffic.Baseline.Requests > 0;
        return (next with { Measured = canary.Measured + (tells ? 1 : 0) }).With(BinOf(traffic));
    }

    private static TrafficBin BinOf(TrafficMeasure traffic) => new(
        traffic.Share,
        new ArmCounts(traffic.Candidate.Requests, traffic.Candidate.Errors, traffic.Candidate.Slower),
        new ArmCounts(traffic.Baseline.Requests, traffic.Baseline.Errors, traffic.Baseline.Slower));

    /// <summary>What follows from a measurement, in the state that has it.</summary>
    internal static IEnumerable<EnvironmentEvent> Next(EnvironmentState state, TrafficMeasured measured, DateTimeOffset now)
    {
        if (state.Deployment(measured.Deployment) is not { Stage: Stage.Canary, Canary: { } canary } active
            || active.Definition(state.Name)?.Rollout is not { } rollout)
            return [];
        var judgement = Judge(canary, rollout);
        // Of a few clients that keep their version, none may have got the new one: that is no fault of it.
        var isUnreached = !rollout.Sticky && judgement.Silence == Silence.Candidate && canary.Evidence.Quiet.CandidateBins >= SilentBins;
        if (judgement.Verdict == Verdict.Worse || isUnreached)
            return TakeBack(state, active, judgement.Reason, now).Events;
        if (canary.Paused is null && judgement.Verdict == Verdict.Unreliable)
            return [new RolloutPaused(active.Number, judgement.Reason, now + PauseTimeout)];
        var isOver = InStep(canary, rollout) >= rollout.Dwell && judgement.Verdict == Verdict.NotWorse;
        if (canary.Paused is not null || state.Hold is not null || !isOver)
            return [];
        var step = rollout.Steps[canary.Step];
        return step.Pause
            ? [new RolloutPaused(active.Number, $"The pipeline asks for a person after {Percent(step.Share)}.", now + PauseTimeout)]
            : [NextStep(state, active, rollout, now)];
    }

    /// <summary>What the measurements have shown so far.</summary>
    public static Judgement Judge(CanaryState canary, RolloutDefinition rollout) => rollout.Judge == JudgeKind.None
        ? Judgement.Of(Verdict.NotWorse, "")
        : canary.Evidence.Judge(rollout.Steps[canary.Step].Share, InStep(canary, rollout));

    private static TimeSpan InStep(CanaryState canary, RolloutDefinition rollout) => canary.Measured * rollout.Bin;

    private static EnvironmentEvent NextStep(EnvironmentState state, Deployment active, RolloutDefinition rollout, DateTimeOffset now) =>
        active.Canary!.Step + 1 < rollout.Steps.Count
            ? new ShareRaised(active.Number, active.Canary.Step + 1, now + rollout.Longest)
            : Shift(state, active, now);

    private static StageBegan Shift(EnvironmentState state, Deployment active, DateTimeOffset now) =>
        new(active.Number, Stage.Shift, now + active.Definition(state.Name)!.Timeout);

    private static Decision<EnvironmentEvent> TakeBack(EnvironmentState state, Deployment active, string reason, DateTimeOffset now) =>
        EnvironmentMachine.TakeBack(state, active, DeploymentStatus.RolledBack, reason, now);

    private static string Percent(double share) => FormattableString.Invariant($"{share * 100:0.##} %");
}
