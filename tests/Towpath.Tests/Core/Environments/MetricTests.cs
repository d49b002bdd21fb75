using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Environments;

/// <summary>What metrics of a rollout lead to, from whatever source: on, back, or waiting. No number is neither good nor bad.</summary>
public sealed class MetricTests
{
    private static readonly MetricLimits Limits = new(TimeSpan.Zero, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5), 1, 0, 0, 4);
    private static readonly MetricDefinition Queue = new(
        "queue", new PrometheusQuery("http://prometheus", "queue{release=\"{{release}}\"} # {{candidate}} {{baseline}} {{run}} {{environment}}"),
        new MetricCondition(Relation.Above, 100, OfLive: false), null, Limits);

    private static readonly MetricDefinition Errors =
        new("errors", new RouterFigure(Figure.Errors), new MetricCondition(Relation.Above, 0.05, OfLive: false), null, Limits);

    [Fact]
    public void Question_has_all_names_filled_in_and_is_asked_of_both_versions()
    {
        var story = Begun(JudgeKind.Threshold, [Queue]);
        story.ThenAsked<MeasureTraffic>(measure => measure.Metrics.Count == 0);
        story.Measured(Traffic()).ThenAsked<MeasureTraffic>(measure => measure.Metrics.SequenceEqual(
        [
            new("queue", false, new PrometheusQuery("http://prometheus", "queue{release=\"d2\"} # d2 d1 2 production"), TimeSpan.FromSeconds(5)),
            new("queue", true, new PrometheusQuery("http://prometheus", "queue{release=\"d1\"} # d2 d1 1 production"), TimeSpan.FromSeconds(5)),
        ]));
        Assert.Equal(2, story.Story.Select(one => one.Event).OfType<TrafficSurveyed>().Single().Metrics.Count);
    }

    [Fact]
    public void Question_that_names_no_version_is_asked_once_and_only_as_often_as_it_says()
    {
        var slow = Queue with { Source = new CommandNumber("./queue"), Limits = Limits with { Interval = TimeSpan.FromSeconds(30), Delay = TimeSpan.Zero } };
        var story = Begun(JudgeKind.Threshold, [slow]);
        var asked = new List<int>();
        for (var measurement = 0; measurement < 7; measurement++)
        {
            asked.Add(((MeasureTraffic)EnvironmentMachine.Pending(story.State).Single()).Metrics.Count);
            story.Measured(Traffic());
        }

        Assert.Equal([1, 0, 0, 1, 0, 0, 1], asked);
    }

    [Fact]
    public void Version_goes_through_when_its_metrics_keep_to_their_limits() => Begun(JudgeKind.Threshold, [Queue, Errors])
        .Measured(Traffic(), times: 6, answer: _ => 50)
        .ThenAsked<MeasureTraffic>(measure => measure.Share == 0.5)
        .Measured(Traffic(), times: 6, answer: _ => 50)
        .ThenAsked<ShiftTraffic>();

    [Fact]
    public void Number_beyond_its_limit_takes_the_version_back() => Begun(JudgeKind.Threshold, [Queue])
        .Measured(Traffic(), times: 3, answer: asked => asked.OfLive ? 50 : 250)
        .Then(2, DeploymentStatus.RollingBack, "'queue' is 250, and fails above 100: 1 of 1 measurements failed, and 0 may.");

    [Fact]
    public void Routers_own_figures_are_metrics_too() => Begun(JudgeKind.Threshold, [Errors])
        .Measured(Traffic(candidateErrors: 0.2), times: 3)
        .Then(2, DeploymentStatus.RollingBack, "'errors' is 0.2");

    [Fact]
    public void Metrics_take_back_what_the_sequential_judge_has_nothing_against() => Begun(JudgeKind.Sequential, [Queue])
        .Measured(Traffic(), times: 3, answer: _ => 250)
        .Then(2, DeploymentStatus.RollingBack, "'queue'");

    [Fact]
    public void Sequential_judge_takes_back_what_its_metrics_have_nothing_against() => Begun(JudgeKind.Sequential, [Queue])
        .Measured(Traffic(candidateErrors: 0.2), times: 5, answer: _ => 50)
        .Then(2, DeploymentStatus.RollingBack, "The new version answers 20.0 % of its requests with an error");

    [Fact]
    public void Both_must_agree_before_it_goes_on()
    {
        var silent = Begun(JudgeKind.Sequential, [Queue]).Measured(Traffic(), times: 20);
        silent.Then(2, DeploymentStatus.Shifting).ThenAsked<MeasureTraffic>(measure => measure.Share == 0.05);
        silent.Measured(Traffic(), answer: _ => 50).ThenAsked<MeasureTraffic>(measure => measure.Share == 0.5);
    }

    [Theory]
    [InlineData(JudgeKind.Threshold)]
    [InlineData(JudgeKind.Sequential)]
    public void Source_that_does_not_answer_keeps_it_where_it_is_and_takes_nothing_back(JudgeKind judge)
    {
        var story = Begun(judge, [Queue]).Measured(Traffic(), times: 100);
        story.Then(2, DeploymentStatus.Shifting).ThenAsked<MeasureTraffic>(measure => measure.Share == 0.05);
        Assert.StartsWith("'queue' could not be measured 99 times in a row: Connection refused.", Says(story), StringComparison.Ordinal);
        story.AfterTime(TimeSpan.FromMinutes(30)).Then(2, DeploymentStatus.Paused, "could not be measured");
    }

    [Fact]
    public void Source_that_falls_silent_holds_it_and_goes_on_when_it_is_back()
    {
        var story = Begun(JudgeKind.Threshold, [Queue with { Limits = Limits with { Count = 3 } }])
            .Measured(Traffic(), times: 3, answer: _ => 50).Measured(Traffic(), times: 10);
        story.ThenAsked<MeasureTraffic>(measure => measure.Share == 0.05);
        story.Measured(Traffic(), answer: _ => 50).ThenAsked<MeasureTraffic>(measure => measure.Share == 0.5);
    }

    [Fact]
    public void Few_answers_that_fail_are_forgiven_and_count_anew_in_each_step()
    {
        var lenient = Queue with { Limits = Limits with { FailureLimit = 1 } };
        var story = Begun(JudgeKind.Threshold, [lenient]).Measured(Traffic(), times: 2, answer: _ => 250).Measured(Traffic(), times: 4, answer: _ => 50);
        story.ThenAsked<MeasureTraffic>(measure => measure.Share == 0.5);
        story.Measured(Traffic(), answer: _ => 250).Then(2, DeploymentStatus.Shifting);
        story.Measured(Traffic(), answer: _ => 250).Then(2, DeploymentStatus.RollingBack, "2 of 2 measurements failed, and 1 may");
    }

    [Fact]
    public void Number_between_good_and_bad_is_left_to_a_person_who_may_go_on()
    {
        var unclear = Queue with { Pass = new MetricCondition(Relation.Below, 60, OfLive: false), Limits = Limits with { InconclusiveLimit = 1 } };
        var story = Begun(JudgeKind.Threshold, [unclear]).Measured(Traffic(), times: 2, answer: _ => 80).Then(2, DeploymentStatus.Shifting);
        story.Measured(Traffic(), answer: _ => 80).Then(2, DeploymentStatus.Paused, "'queue' is 80, which neither passes nor fails: so were 2 of 2 measurements, and 1 may.");
        story.When(new AdvanceDeployment(2, ToEnd: false, "ada")).ThenAsked<MeasureTraffic>(measure => measure.Share == 0.5);
    }

    [Fact]
    public void Only_pass_means_that_everything_else_fails() =>
        Begun(JudgeKind.Threshold, [Queue with { Fail = null, Pass = new MetricCondition(Relation.AtMost, 60, OfLive: false) }])
            .Measured(Traffic(), times: 2, answer: _ => 80)
            .Then(2, DeploymentStatus.RollingBack, "'queue' is 80, and passes at most 60");

    [Fact]
    public void Limit_may_be_so_many_times_the_live_versions_value_and_without_that_there_is_no_verdict()
    {
        var relative = Queue with { Fail = new MetricCondition(Relation.Above, 1.5, OfLive: true) };
        Begun(JudgeKind.Threshold, [relative]).Measured(Traffic(), times: 6, answer: asked => asked.OfLive ? 100 : 149)
            .ThenAsked<MeasureTraffic>(measure => measure.Share == 0.5);
        Begun(JudgeKind.Threshold, [relative]).Measured(Traffic(), times: 2, answer: asked => asked.OfLive ? 100 : 151)
            .Then(2, DeploymentStatus.RollingBack, "above 1.5 times the live version's");
        var story = Begun(JudgeKind.Threshold, [relative]).Measured(Traffic(), times: 20, answer: asked => asked.OfLive ? null : 1_000_000);
        story.Then(2, DeploymentStatus.Shifting).ThenAsked<MeasureTraffic>(measure => measure.Share == 0.05);
    }

    [Fact]
    public void Measurement_without_counts_still_brings_what_other_sources_said() => Begun(JudgeKind.Threshold, [Queue])
        .Measured(null, times: 2, answer: _ => 250)
        .Then(2, DeploymentStatus.RollingBack, "'queue'");

    [Fact]
    public void Without_traffic_the_step_is_not_over_however_good_the_metrics_are() => Begun(JudgeKind.Threshold, [Queue])
        .Measured(Traffic(0, 0), times: 30, answer: _ => 50)
        .Then(2, DeploymentStatus.Shifting)
        .ThenAsked<MeasureTraffic>(measure => measure.Share == 0.05);

    [Fact]
    public void Kayentas_judge_compares_at_the_end_of_each_dwell_and_not_before()
    {
        var story = Begun(JudgeKind.Kayenta, [Compared(Queue)]);
        story.Measured(Traffic(), times: 5, answer: asked => asked.OfLive ? 100 : 300).Then(2, DeploymentStatus.Shifting);
        story.Measured(Traffic(), times: 7, answer: asked => asked.OfLive ? 100 : 300)
            .Then(2, DeploymentStatus.RollingBack, "The new version scores 0 of 100: 'queue' is higher than the live one's.");
    }

    [Fact]
    public void Kayentas_judge_lets_through_what_differs_by_chance_only()
    {
        var turn = 0;
        var story = Begun(JudgeKind.Kayenta, [Compared(Queue)]);
        story.Measured(Traffic(), times: 40, until: 0.5, answer: _ => 100 + (7 * turn++ % 11)).ThenAsked<MeasureTraffic>(measure => measure.Share == 0.5);
        story.Measured(Traffic(), times: 40, answer: _ => 100 + (7 * turn++ % 11)).ThenAsked<ShiftTraffic>();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Values_that_are_missing_neither_pass_nor_fail_in_kayentas_judge(bool critical)
    {
        var compared = Compared(Queue, critical: critical);
        var story = Begun(JudgeKind.Kayenta, [compared, Compared(Errors)]).Measured(Traffic(), times: 60, answer: asked => asked.OfLive ? 100 : null);
        story.Then(2, DeploymentStatus.Shifting).ThenAsked<MeasureTraffic>(measure => measure.Share == 0.05);
        Assert.Contains("'queue' has none now (Connection refused)", Says(story), StringComparison.Ordinal);
        Assert.Null(story.State.Deployment(2)!.Canary!.Paused);
    }

    [Fact]
    public void Values_that_are_missing_fail_where_the_pipeline_says_so() => Begun(JudgeKind.Kayenta, [Compared(Queue, MissingValues.Fail), Compared(Errors)])
        .Measured(Traffic(), times: 12, answer: asked => asked.OfLive ? 100 : null)
        .Then(2, DeploymentStatus.RollingBack, "'queue' has no data");

    [Fact]
    public void Other_metric_that_fails_takes_it_back_also_when_one_has_no_values() => Begun(JudgeKind.Kayenta, [Compared(Queue), Compared(Errors)])
        .Measured(Traffic(candidateErrors: 0.3), times: 20)
        .Then(2, DeploymentStatus.RollingBack, "'errors' is higher than the live one's");

    [Fact]
    public void Pause_counts_as_long_as_it_takes()
    {
        var story = Given.Environment("production")
            .Defined(place => place with { Rollout = Sample.Rollout() with { Steps = [new(0.05, Pause: true), new(0.5, Pause: false)] } })
            .Live(1).Underway(2, Stage.Canary).Measured(Traffic(), times: 6).Then(2, DeploymentStatus.Paused);
        Assert.Equal(6, story.State.Deployment(2)!.Canary!.Measured);
        story.Measured(Traffic()).ThenAsked<MeasureTraffic>(measure => measure.For == TimeSpan.FromMinutes(1));
        Assert.Equal(12, story.State.Deployment(2)!.Canary!.Measured);
        story.Measured(Traffic(0, 0), times: 2);
        Assert.Equal(12, story.State.Deployment(2)!.Canary!.Evidence.Quiet.BothBins);
    }

    private static EnvironmentScenario Begun(JudgeKind judge, ValueList<MetricDefinition> metrics) => Given.Environment("production")
        .Defined(place => place with
        {
            Rollout = Sample.Rollout() with
            {
                Steps = [new(0.05, Pause: false), new(0.5, Pause: false)],
                Judge = judge,
                Metrics = metrics,
                Kayenta = judge == JudgeKind.Kayenta ? new KayentaDefinition(95, 75, OrdinalMap<int>.Empty) : null,
            },
        })
        .Live(1)
        .Underway(2, Stage.Canary);

    private static MetricDefinition Compared(MetricDefinition metric, MissingValues missing = MissingValues.Wait, bool critical = false) =>
        metric with { Fail = null, Comparison = new MetricComparison(WorseWhen.Higher, missing, [], critical) };

    private static string Says(EnvironmentScenario story) =>
        Canary.Judge(story.State.Deployment(2)!.Canary!, story.State.Deployment(2)!.Definition("production")!.Rollout!).Reason;

    private static TrafficMeasure Traffic(long candidate = 5_000, long live = 95_000, double candidateErrors = 0.001) => new(
        0.05, Counts(candidate, candidateErrors), Counts(live, 0.001));

    private static TrafficCounts Counts(long requests, double errors) =>
        new(requests, (long)(requests * errors), [requests / 2, requests / 4, requests / 10, requests / 20, requests / 100]) { Percentiles = [10, 20, 30, 40, 50] };
}
