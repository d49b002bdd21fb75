using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;
using Towpath.Engine.Views;
using Towpath.Tests.Core;
using Towpath.Tests.Core.Environments;

namespace Towpath.Tests.Engine;

/// <summary>What a canary has shown, for pages and scripts.</summary>
public sealed class EvidenceViewTests
{
    /// <summary>The new version fails ten times as often, and is as quick.</summary>
    private static readonly TrafficMeasure Bad = new(
        0.05, new(1_000, 50, [500, 250, 100, 50, 10]), new(19_000, 95, [9_500, 4_750, 1_900, 950, 190]));

    [Fact]
    public void Both_versions_have_their_rates_and_the_bands_around_them()
    {
        // The first measurement is of versions that are still warming up.
        var shown = Of(Canary().Measured(Bad, times: 2));

        Assert.Equal((100, 20), (shown.Needed, shown.NotWorseNeeded));
        Assert.Equal(["errors", "latency"], shown.Metrics.Select(metric => metric.Name));
        var (errors, latency) = (shown.Metrics[0], shown.Metrics[1]);
        Assert.Equal((1_000, 0.05), (errors.New.Requests, errors.New.Rate));
        Assert.Equal((19_000, 0.005), (errors.Live.Requests, errors.Live.Rate));
        Assert.All([errors.New, errors.Live], rate => Assert.InRange(rate.Rate!.Value, rate.Low, rate.High));
        Assert.True(errors.New.Low > errors.Live.High, "the bands tell them apart");
        Assert.True(errors.Worse > shown.Worse && shown.Worse >= shown.Needed && latency.Worse <= 1, shown.ToString());
    }

    [Fact]
    public void Latency_is_there_once_the_version_has_stopped_getting_quicker()
    {
        var latency = Of(Canary().Measured(Bad with { Candidate = Bad.Candidate with { Errors = 5 } }, times: 20)).Metrics[1];

        // The edge that one request in twenty passes.
        Assert.Equal((40, 0.05), (latency.SlowerThan, latency.Live.Rate));
        Assert.All([latency.New, latency.Live], rate => Assert.InRange(rate.Rate!.Value, rate.Low, rate.High));
    }

    [Fact]
    public void It_is_still_there_when_the_version_was_taken_back_and_goes_when_another_one_comes()
    {
        var story = Canary().Measured(Bad, times: 2).Then(2, DeploymentStatus.RollingBack);
        var then = Of(story);
        Assert.Equal(then.Worse, Of(story.Answered(Outcome.Succeeded).Then(2, DeploymentStatus.RolledBack)).Worse);
        story.Offered(3);
        Assert.Null(EnvironmentView.Of(story.State, Sample.Noon).Deployment!.Evidence);
        Assert.All(EnvironmentView.Of(story.State, Sample.Noon).History, past => Assert.Null(past.Evidence));
    }

    [Fact]
    public void Nothing_that_counts_yet_is_no_evidence()
    {
        var shown = Of(Canary().Measured(Bad));
        Assert.Equal(1, shown.Worse);
        Assert.All(shown.Metrics, metric => Assert.Equal((0, null, 0, 1), (metric.New.Requests, metric.New.Rate, metric.New.Low, metric.New.High)));
    }

    [Fact]
    public void Without_a_judge_there_is_none() => Assert.Null(EnvironmentView.Of(
        Canary(rollout => rollout with { Judge = JudgeKind.None }).Measured(Bad, times: 2).State, Sample.Noon).Deployment!.Evidence);

    private static EvidenceView Of(EnvironmentScenario story) => EnvironmentView.Of(story.State, Sample.Noon).Deployment!.Evidence!;

    private static EnvironmentScenario Canary(Func<RolloutDefinition, RolloutDefinition>? change = null) => Given.Environment("production")
        .Defined(place => place with { Rollout = change?.Invoke(Sample.Rollout()) ?? Sample.Rollout() })
        .Live(1).Underway(2, Stage.Canary);
}
