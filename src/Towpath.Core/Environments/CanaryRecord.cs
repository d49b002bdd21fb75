using Towpath.Core.Agents;
using Towpath.Core.Pipelines;

namespace Towpath.Core.Environments;

/// <summary>What was recorded of a canary: all that its verdicts rest on.</summary>
/// <param name="Bin">How long a measurement was usually.</param>
/// <param name="Questions">To sources other than the router.</param>
/// <param name="Measurements">In the order of their numbers; a number that is missing belonged to one that was called off.</param>
/// <param name="Turns">What was done with it, in order.</param>
public sealed record CanaryRecord(
    RolloutDefinition Rollout,
    TimeSpan Bin,
    TrafficHistory History,
    ValueList<MetricQuestion> Questions,
    DateTimeOffset BeganAt,
    ValueList<CanaryMeasurement> Measurements,
    ValueList<CanaryTurn> Turns)
{
    /// <summary>Measurements that are looked at; later ones are left out. A week of those that last a minute, and more.</summary>
    public const int MeasurementsAtMost = 20_000;

    /// <param name="events">The environment's, from the one that began the canary on.</param>
    /// <returns>Null: they do not begin with a canary of the deployment.</returns>
    public static CanaryRecord? Of(int deployment, RolloutDefinition rollout, IEnumerable<Recorded<EnvironmentEvent>> events)
    {
        CanaryRecord? record = null;
        var (step, measurements, turns) = (0, new List<CanaryMeasurement>(), new List<CanaryTurn>());
        foreach (var (_, at, happened) in events)
        {
            if (IsEnd(happened, deployment) || measurements.Count == MeasurementsAtMost)
                break;
            if (happened is TrafficSurveyed surveyed && surveyed.Deployment == deployment)
                record = new(rollout, rollout.Bin, surveyed.History, surveyed.Metrics, at, [], []);
            else if (happened is TrafficMeasured measured && measured.Deployment == deployment)
                measurements.Add(new(measured.Bin, at, step, measured.Traffic, measured.Samples));
            else if (TurnOf(happened, deployment, at) is { } turn)
            {
                step = turn.Step ?? step;
                turns.Add(turn);
            }
        }

        return record is null ? null : record with { Measurements = measurements.ToValueList(), Turns = turns.ToValueList() };
    }

    private static bool IsEnd(EnvironmentEvent happened, int deployment) => happened switch
    {
        WentLive live => live.Deployment == deployment,
        DeploymentEnded ended => ended.Deployment == deployment,
        _ => false,
    };

    private static CanaryTurn? TurnOf(EnvironmentEvent happened, int deployment, DateTimeOffset at) => happened switch
    {
        ShareRaised raised when raised.Deployment == deployment => new(at, TurnKind.Step, raised.Step, ""),
        RolloutPaused paused when paused.Deployment == deployment => new(at, TurnKind.Paused, null, paused.Reason),
        RolloutAdvanced advanced when advanced.Deployment == deployment => new(at, TurnKind.Advanced, null, advanced.By),
        StageBegan { Stage: Stage.Shift } began when began.Deployment == deployment => new(at, TurnKind.AllTraffic, null, ""),
        WithdrawalBegan began when began.Deployment == deployment => new(at, TurnKind.TakenBack, null, began.Reason),
        _ => null,
    };
}

/// <summary>One measurement of a canary.</summary>
/// <param name="Number">Counted over all steps from 1.</param>
/// <param name="At">When its result was recorded.</param>
/// <param name="Step">Index into the rollout's steps.</param>
/// <param name="Traffic">Null: nothing was counted that says anything.</param>
public sealed record CanaryMeasurement(int Number, DateTimeOffset At, int Step, TrafficMeasure? Traffic, ValueList<MetricSample> Samples);

/// <param name="Step">With <see cref="TurnKind.Step"/>: the one that begins.</param>
/// <param name="Text">Why, or by whom.</param>
public sealed record CanaryTurn(DateTimeOffset At, TurnKind Kind, int? Step, string Text);

public enum TurnKind
{
    Step,
    Paused,

    /// <summary>A person let it go on.</summary>
    Advanced,
    AllTraffic,
    TakenBack,
}
