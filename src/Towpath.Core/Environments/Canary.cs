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
            LengthOf(canary, plan.Definition.Rollout), canary.Evidence.History.Edges)
        {
            Testers = plan.Definition.Rollout.Testers,
            Metrics = MetricWatch.DueQuestions(state, deployment, plan.Definition.Rollout, LengthOf(canary, plan.Definition.Rollout)),
        },
        _ => null,
    };

    /// <summary>What a successful answer in one of its stages leads to.</summary>
    internal static Decision<EnvironmentEvent> Answer(EnvironmentState state, Deployment active, StageAnswered answered, DateTimeOffset now)
    {
        var rollout = active.Definition(state.Name)!.Rollout!;
        if (active.Stage == Stage.Survey)
            return (ValueList<EnvironmentEvent>)
            [
                new TrafficSurveyed(active.Number, answered.History ?? TrafficHistory.None) { Metrics = MetricWatch.Questions(state, active, rollout) },
                new StageBegan(active.Number, Stage.Canary, now + rollout.Longest),
            ];
        return (ValueList<EnvironmentEvent>)[new TrafficMeasured(active.Number, active.Canary!.Bin, answered.Traffic) { Samples = answered.Samples }];
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
                LatencySettles = true,
            };
        var live = new LiveHistory(history.RequestsPerSecond, history.Requests, history.Errors, history.Slower, history.Edges);
        return new CanaryState(0, 1, 0, null) { Evidence = Evidence.Begin(settings, live), Metrics = MetricWatch.Begin(rollout) };
    }

    /// <summary>Another measurement, also when one is under way: that one counts the share before. Metrics are counted anew.</summary>
    internal static CanaryState AtStep(CanaryState canary, int step, RolloutDefinition? rollout) =>
        canary with { Step = step, Bin = canary.Bin + 1, Measured = 0, Paused = null, Metrics = MetricWatch.Begin(rollout) };

    internal static CanaryState Seen(CanaryState canary, TrafficMeasured measured, RolloutDefinition? rollout)
    {
        var next = canary with { Bin = measured.Bin + 1 };
        if (rollout is null)
            return measured.Traffic is null ? next : next.With(BinOf(measured.Traffic, 1));
        next = next with { Metrics = MetricWatch.Seen(canary, measured, rollout) };
        if (measured.Traffic is not { } traffic)
            return next;
        var length = Math.Max(1, (int)Math.Round((traffic.Seconds ?? 0) / rollout.Bin.TotalSeconds));
        // Without a judge there is nothing that time without traffic would keep from being seen.
        var tells = rollout.Judge == JudgeKind.None || traffic.Candidate.Requests + traffic.Baseline.Requests > 0;
        next = next with { Measured = canary.Measured + (tells ? length : 0) };
        if (rollout.Judge == JudgeKind.Kayenta && InStep(next, rollout) is var time && Math.Floor(time / rollout.Dwell) > Math.Floor(InStep(canary, rollout) / rollout.Dwell))
            next = next with { Metrics = MetricWatch.Compared(next.Metrics) };
        return rollout.Judge == JudgeKind.None ? next : next.With(BinOf(traffic, length));
    }

    private static TrafficBin BinOf(TrafficMeasure traffic, int length) => new(
        traffic.Share,
        new ArmCounts(traffic.Candidate.Requests, traffic.Candidate.Errors, traffic.Candidate.Slower),
        new ArmCounts(traffic.Baseline.Requests, traffic.Baseline.Errors, traffic.Baseline.Slower),
        Length: length);

    /// <summary>What follows from a measurement, in the state that has it.</summary>
    internal static IEnumerable<EnvironmentEvent> Next(EnvironmentState state, TrafficMeasured measured, DateTimeOffset now)
    {
        if (state.Deployment(measured.Deployment) is not { Stage: Stage.Canary, Canary: { } canary } active
            || active.Definition(state.Name)?.Rollout is not { } rollout)
            return [];
        var judgement = Judge(canary, rollout);
        switch (Follows(canary, rollout, judgement))
        {
            case WhatFollows.TakeBack:
                return TakeBack(state, active, judgement.Reason, now).Events;
            case WhatFollows.AskPerson when canary.Paused is null:
                return [new RolloutPaused(active.Number, judgement.Reason, now + PauseTimeout)];
            case WhatFollows.GoOn when canary.Paused is null && state.Hold is null:
                break;
            default:
                return [];
        }

        var step = rollout.Steps[canary.Step];
        return step.Pause
            ? [new RolloutPaused(active.Number, $"The pipeline asks for a person after {Percent(step.Share)}.", now + PauseTimeout)]
            : [NextStep(state, active, rollout, now)];
    }

    /// <summary>What a judgement means for the version; a hold or a pause may keep it where it is all the same.</summary>
    internal static WhatFollows Follows(CanaryState canary, RolloutDefinition rollout, Judgement judgement)
    {
        // Of a few clients that keep their version, none may have got the new one: that is no fault of it.
        var isUnreached = !rollout.Sticky && judgement.Silence == Silence.Candidate && canary.Evidence.Quiet.CandidateBins >= SilentBins;
        return judgement.Verdict == Verdict.Worse || isUnreached ? WhatFollows.TakeBack
            : judgement.Verdict == Verdict.Unreliable || judgement.Inconclusive ? WhatFollows.AskPerson
            : judgement.Verdict == Verdict.NotWorse && InStep(canary, rollout) >= rollout.Dwell ? WhatFollows.GoOn
            : WhatFollows.Wait;
    }

    /// <summary>What the measurements have shown so far.</summary>
    public static Judgement Judge(CanaryState canary, RolloutDefinition rollout)
    {
        if (rollout.Judge == JudgeKind.None)
            return Judgement.Of(Verdict.NotWorse, "");
        // How long a step may last is its deadline's to say. Inconclusive is what cannot become clear by itself.
        var traffic = canary.Evidence.Judge(rollout.Steps[canary.Step].Share, InStep(canary, rollout)) with { Inconclusive = false };
        ValueList<Judgement> all = [.. OwnJudgement(canary, rollout, traffic), .. MetricWatch.Judge(canary.Metrics, rollout)];
        var together = all.Count > 0 ? Judgement.Together(all) : Judgement.Of(Verdict.Undecided, "There is nothing to judge by.");
        return together with { Metrics = traffic.Metrics, LogWorse = traffic.LogWorse, Silence = traffic.Silence };
    }

    /// <summary>Whatever judges, without requests there is nothing to be seen.</summary>
    private static IEnumerable<Judgement> OwnJudgement(CanaryState canary, RolloutDefinition rollout, Judgement traffic)
    {
        if (rollout.Judge == JudgeKind.Sequential || traffic.Verdict == Verdict.NoData)
            yield return traffic;
        if (rollout.Judge == JudgeKind.Kayenta)
            yield return MetricWatch.Compare(canary.Metrics, rollout);
    }

    private static TimeSpan LengthOf(CanaryState canary, RolloutDefinition rollout) => canary.Paused is null ? rollout.Bin : WhilePaused;

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

/// <summary>What a measurement leads to.</summary>
public enum WhatFollows
{
    /// <summary>The next measurement, at the same share.</summary>
    Wait,

    /// <summary>The next step, or all of the traffic.</summary>
    GoOn,

    /// <summary>It waits for a person: it cannot become clear by itself.</summary>
    AskPerson,
    TakeBack,
}
