using Towpath.Core;
using Towpath.Core.Environments.Analysis;
using Towpath.Core.Environments.Analysis.Kayenta;

namespace Towpath.Tests.Core.Environments.Analysis;

/// <summary>Kayenta's judge where the vectors do not reach.</summary>
public sealed class KayentaJudgeTests
{
    private static readonly ValueList<double> Usual = Enumerable.Range(1, 30).Select(i => 0.010 + (0.001 * (i * 0.6180339887 % 1))).ToValueList();

    private static readonly OrdinalMap<double> NoWeights = OrdinalMap<double>.Empty;

    [Fact]
    public void Metrics_that_pass_are_not_worse() =>
        Assert.Equal((Verdict.NotWorse, "The new version scores 100 of 100."), Judge(Metric("errors", 1), Metric("latency", 1.001)));

    [Fact]
    public void Metric_that_is_higher_is_named() => Assert.Equal(
        (Verdict.Worse, "The new version scores 50 of 100: 'latency' is higher than the live one's."), Judge(Metric("errors", 1), Metric("latency", 3)));

    [Fact]
    public void Score_between_the_thresholds_is_for_a_person() =>
        Assert.Equal(Verdict.Undecided, Judge(Metric("a", 1), Metric("b", 1), Metric("c", 1), Metric("d", 1), Metric("e", 3)).Verdict);

    [Fact]
    public void Nothing_to_compare_is_no_data() => Assert.Equal(Verdict.NoData, Judge(Metric("errors", 1) with { Candidate = [] }).Verdict);

    [Fact]
    public void Interval_of_seconds_is_as_good_as_that_of_milliseconds()
    {
        var (baseline, candidate) = (Usual, Usual.Select(value => value * 1.01).ToValueList());
        var seconds = MannWhitney.Of(candidate, baseline, 0.98);
        var milliseconds = MannWhitney.Of(
            candidate.Select(value => value * 1000).ToValueList(), baseline.Select(value => value * 1000).ToValueList(), 0.98);
        Assert.Equal(milliseconds.Estimate, seconds.Estimate * 1000, 1e-5);
        Assert.Equal(milliseconds.Low, seconds.Low * 1000, 1e-5);
        var coarse = MannWhitney.Of(candidate, baseline, 0.98, MannWhitney.CoarseTolerance);
        Assert.NotEqual(milliseconds.High - milliseconds.Low, (coarse.High - coarse.Low) * 1000, 0.01);
    }

    [Fact]
    public void Outliers_are_left_out_where_that_is_asked_for()
    {
        var candidate = Usual.Add(1000);
        Assert.Equal(Usual.Count, candidate.Where((_, i) => !OrderStatistics.Outliers(candidate, 3, sparing: false)[i]).Count());
        Assert.True(MetricClassifier.Classify(Usual, candidate, new MetricRule()).Deviation > 1000);
        Assert.InRange(MetricClassifier.Classify(Usual, candidate.Add(0.0101), new MetricRule(Outliers: 3)).Deviation!.Value, 0.9, 1.1);
    }

    private static KayentaMetric Metric(string name, double times) => new(
        name, ["all"], Usual, Usual.Select(value => value * times).Reverse().ToValueList(), new MetricRule(BadDirection.Increase));

    private static (Verdict Verdict, string Reason) Judge(params ReadOnlySpan<KayentaMetric> metrics)
    {
        var judgement = KayentaJudge.Judge(ValueList.Create(metrics), NoWeights, new ScoreThresholds());
        return (judgement.Verdict, judgement.Reason);
    }
}
