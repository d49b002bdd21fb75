using Towpath.Core;
using Towpath.Core.Environments;
using Towpath.Core.Environments.Analysis;
using static Towpath.Simulation.Mutations.Mutation;

namespace Towpath.Simulation.Mutations;

/// <summary>Rollouts in steps, broken.</summary>
internal static class CanaryMutations
{
    public static IEnumerable<Mutation> All() =>
    [
        Decides("a canary skips a step", (stream, state, input, now) => Each(
            Sound.Decide(stream, state, input, now), one => one is ShareRaised raised && input is StageAnswered ? new StageBegan(raised.Deployment, Stage.Shift, raised.Deadline) : one)),
        Decides("there is no canary at all", (stream, state, input, now) => Each(
            Sound.Decide(stream, state, input, now), one => one is StageBegan { Stage: Stage.Survey } began ? began with { Stage = Stage.Shift } : one)),
        Decides("a step is over after its first measurement", (stream, state, input, now) => Sound.Decide(stream, InCanary(state, canary => canary with { Measured = 1_000 }), input, now)),
        Decides("a worse version goes on", (stream, state, input, now) => Each(
            Sound.Decide(stream, state, input, now), one => one is WithdrawalBegan began && state is EnvironmentState { Active.Stage: Stage.Canary } && input is StageAnswered { Outcome: Outcome.Succeeded }
                ? new ShareRaised(began.Deployment, 1, now.AddMinutes(5))
                : one)),
        Decides("nobody reads what was counted", (stream, state, input, now) => Sound.Decide(stream, InCanary(state, Forgotten), input, now)),
        Decides("a canary goes on under a hold", (stream, state, input, now) =>
            Sound.Decide(stream, input is StageAnswered && state is EnvironmentState { Active.Stage: Stage.Canary } place ? place with { Hold = null } : state, input, now)),
        Decides("a canary does not wait for a person", (stream, state, input, now) => Sound.Decide(stream, InCanary(state, canary => canary with { Paused = null }), input, now)),
        Decides("a pause that the pipeline asks for is left out", (stream, state, input, now) => Each(
            Sound.Decide(stream, state, input, now), one => one is RolloutPaused { Reason: var reason } paused && reason.StartsWith("The pipeline", StringComparison.Ordinal)
                ? new ShareRaised(paused.Deployment, 1, now.AddMinutes(5))
                : one)),
        Decides("what is undecided counts as shown", (stream, state, input, now) => Each(
            Sound.Decide(stream, state, input, now), one => input is EnvironmentClock && one is RolloutPaused paused ? new StageBegan(paused.Deployment, Stage.Shift, now.AddMinutes(5)) : one)),
        Evolves("a metric without a number counts as good", (stream, state, recorded) => Sound.Evolve(stream, state, WithNumbers(recorded, 0))),
        Evolves("a metric without a number counts as bad", (stream, state, recorded) => Sound.Evolve(stream, state, WithNumbers(recorded, 1e6))),
        Decides("nobody looks at metrics", (stream, state, input, now) => Sound.Decide(
            stream, InCanary(state, canary => canary with { Metrics = Limited(canary, limits => limits with { Failed = 0, Successful = 100, ConsecutiveErrors = 0 }) }), input, now)),
        Decides("a metric is forgiven what it was", (stream, state, input, now) => Sound.Decide(
            stream, InCanary(state, canary => canary with { Metrics = Limited(canary, limits => limits with { Failed = -1 }) }), input, now)),
        Decides("a canary that was taken back may come again", (stream, state, input, now) => Without(
            Sound.Decide(stream, state, input, now), one => one is PackageQuarantined && input is StageAnswered)),
    ];

    private static MachineState? InCanary(MachineState? state, Func<CanaryState, CanaryState> change) => state is EnvironmentState { Active.Stage: Stage.Canary } place
        ? place with
        {
            Deployments = place.Deployments.Select(deployment => deployment is { Stage: Stage.Canary, Canary: { } canary }
                ? deployment with { Canary = change(canary) }
                : deployment).ToValueList(),
        }
        : state;

    private static ValueList<WatchedMetric> Limited(CanaryState canary, Func<ThresholdJudge, ThresholdJudge> change) =>
        canary.Metrics.Select(metric => metric.Limits is { } limits ? metric with { Limits = change(limits) } : metric).ToValueList();

    /// <summary>The journal has what was answered; what is made of it is another matter.</summary>
    private static Recorded<MachineEvent> WithNumbers(Recorded<MachineEvent> recorded, double number) => recorded.Event is not TrafficMeasured measured ? recorded
        : recorded.Of<MachineEvent>(measured with { Samples = measured.Samples.Select(sample => sample with { Value = sample.Value ?? number }).ToValueList() });

    private static CanaryState Forgotten(CanaryState canary) =>
        canary with { Evidence = Evidence.Begin(canary.Evidence.Settings, canary.Evidence.History) };
}
