using Towpath.Core;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;
using Towpath.Simulation.Outside;

namespace Towpath.Simulation.Checkers;

/// <summary>Guarantees 18 and 19: a share grows step by step, after its time, and not under a hold or a pause; only a person may hurry it.</summary>
internal sealed class SharesGrowStepByStep(Books books) : Checker(books)
{
    public override string Promise => "A canary goes from step to step, each for its least time, unless a person says otherwise";

    public override string? Look(in Fact fact)
    {
        switch (fact.Event)
        {
            case ShareRaised raised when fact.Deployment(raised.Deployment) is var line:
                return raised.Step != line.Step + 1 ? $"deployment {line.Number} went from step {line.Step} to {raised.Step}" : TooEarly(fact, line);
            case StageBegan { Stage: Stage.Shift } shift when fact.Deployment(shift.Deployment) is var line && Steps(fact.Environment, line) is { } steps:
                return line.Stage != Stage.Canary ? $"deployment {line.Number} got all of the traffic without a canary"
                    : !line.IsAdvanced && line.Step + 1 < steps.Steps.Count ? $"deployment {line.Number} left out what came after step {line.Step}"
                    : TooEarly(fact, line);
            default:
                return null;
        }
    }

    private static string? TooEarly(in Fact fact, DeploymentLine line)
    {
        var rollout = line.Definition(fact.Environment.Name)!.Rollout!;
        return line.IsAdvanced ? null
            : line.IsPaused ? $"deployment {line.Number} went on though it waited for a person"
            : fact.Environment.Hold is not null ? $"deployment {line.Number} went on under a hold"
            : line.MeasuredInStep * rollout.Bin < rollout.Dwell ? $"deployment {line.Number} was at step {line.Step} for {line.MeasuredInStep} measurements only"
            : rollout.Steps[line.Step].Pause ? $"deployment {line.Number} did not wait for a person after step {line.Step}"
            : null;
    }

    /// <summary>Null: the traffic moves at once.</summary>
    private static RolloutDefinition? Steps(EnvironmentPage page, DeploymentLine line) =>
        line.Kind == DeploymentKind.Rollback || page.Live is not { } live || live.Release == line.Release ? null : line.Definition(page.Name)!.Rollout;
}

/// <summary>What fails ten times as often, over a thousand requests, is seen by anybody.</summary>
internal sealed class WorseIsTakenBack(Books books) : Checker(books)
{
    private const int Enough = 1_000;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);

    private readonly Dictionary<(Page Environment, int Deployment), (int Bins, long Requests, long Errors)> seen = [];

    public override string Promise => "A version that is clearly worse gets no more traffic";

    public override string? Look(in Fact fact)
    {
        switch (fact.Event)
        {
            case TrafficMeasured measured:
                var before = seen.GetValueOrDefault((fact.Page, measured.Deployment));
                if (measured.Traffic is { Candidate: var candidate })
                    // The first ten seconds with requests are the judge's warm-up.
                    seen[(fact.Page, measured.Deployment)] = before.Bins * fact.Deployment(measured.Deployment).Definition(fact.Environment.Name)!.Rollout!.Bin < WarmUp
                        ? (before.Bins + (candidate.Requests > 0 ? 1 : 0), 0, 0)
                        : (before.Bins + 1, before.Requests + candidate.Requests, before.Errors + candidate.Errors);
                return IsClear(before) && IsJudged(fact, measured.Deployment) ? $"deployment {measured.Deployment} is measured on" : null;
            case ShareRaised raised:
                return GoesOn(fact, raised.Deployment);
            case StageBegan { Stage: Stage.Shift } shift:
                return GoesOn(fact, shift.Deployment);
            default:
                return null;
        }
    }

    private string? GoesOn(in Fact fact, int deployment) =>
        IsClear(seen.GetValueOrDefault((fact.Page, deployment))) && IsJudged(fact, deployment) && !fact.Deployment(deployment).IsAdvanced
            ? $"deployment {deployment} fails most of its requests and gets more of them"
            : null;

    private static bool IsClear((int Bins, long Requests, long Errors) seen) =>
        seen.Requests >= Enough && seen.Errors > seen.Requests * SimulatedTraffic.WorseErrors / 2;

    private static bool IsJudged(in Fact fact, int deployment) =>
        fact.Deployment(deployment).Definition(fact.Environment.Name)?.Rollout is { Judge: JudgeKind.Sequential };
}
