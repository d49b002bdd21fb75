using System.Globalization;
using Towpath.Core.Agents;
using Towpath.Core.Environments.Analysis;
using Towpath.Core.Environments.Analysis.Kayenta;
using Towpath.Core.Pipelines;

namespace Towpath.Core.Environments;

/// <summary>The metrics of a rollout beside its traffic: what is asked when, and what the answers mean.</summary>
public static class MetricWatch
{
    /// <summary>Of each version, where values are compared: an hour of them.</summary>
    public const int ValuesKept = 360;

    /// <summary>Fewer values of a version are not compared: hardly any difference could be told from chance.</summary>
    public const int LeastValues = 5;

    internal static ValueList<WatchedMetric> Begin(RolloutDefinition? rollout) => rollout?.Metrics.Select(metric => new WatchedMetric(
        metric.Name, metric.Fail is null && metric.Pass is null ? null : ThresholdJudge.Begin(SettingsOf(metric.Limits)), null, null, "", [], [], default))
        .ToValueList() ?? [];

    /// <summary>All questions to sources other than the router.</summary>
    internal static ValueList<MetricQuestion> Questions(EnvironmentState state, Deployment deployment, RolloutDefinition rollout) =>
        rollout.Metrics.SelectMany(metric => QuestionsOf(state, deployment, metric)).ToValueList();

    /// <summary>Those to be asked with the measurement under way.</summary>
    internal static ValueList<MetricQuestion> DueQuestions(EnvironmentState state, Deployment deployment, RolloutDefinition rollout, TimeSpan length) =>
        rollout.Metrics.Where(metric => IsDue(metric, deployment.Canary!.Bin, rollout, length))
            .SelectMany(metric => QuestionsOf(state, deployment, metric)).ToValueList();

    /// <summary>A measurement came: what was asked for has a number, or has none.</summary>
    /// <param name="before">The canary before it.</param>
    internal static ValueList<WatchedMetric> Seen(CanaryState before, TrafficMeasured measured, RolloutDefinition rollout) =>
        before.Metrics.Select((watched, index) => index < rollout.Metrics.Count && rollout.Metrics[index] is var metric
            && SamplesOf(metric, measured, rollout) is ({ } candidate, var live)
                ? Seen(watched, metric, candidate, live)
                : watched).ToValueList();

    /// <summary>Values that came since are compared from now on.</summary>
    internal static ValueList<WatchedMetric> Compared(ValueList<WatchedMetric> metrics) => metrics
        .Select(metric => metric with { Compared = new(metric.Candidate.Count, metric.Baseline.Count) }).ToValueList();

    /// <summary>One judgement for each metric with limits.</summary>
    internal static IEnumerable<Judgement> Judge(ValueList<WatchedMetric> metrics, RolloutDefinition rollout) =>
        from pair in metrics.Zip(rollout.Metrics)
        where pair.First.Limits is not null
        select Judge(pair.First, pair.Second);

    /// <summary>The score of all metrics that are compared.</summary>
    internal static Judgement Compare(ValueList<WatchedMetric> metrics, RolloutDefinition rollout)
    {
        var settings = rollout.Kayenta!;
        var compared = metrics.Zip(rollout.Metrics).Where(pair => pair.Second.Comparison is not null).ToList();
        var waits = compared.Where(pair => pair.Second.Comparison!.Missing == MissingValues.Wait
            && Math.Min(pair.First.Compared.Candidate, pair.First.Compared.Baseline) < LeastValues).Select(pair => pair.First).ToList();
        var judged = compared.Where(pair => !waits.Contains(pair.First)).Select(pair => Kayenta(pair.First, pair.Second)).ToValueList();
        var judgement = judged.Count == 0
            ? null
            : KayentaJudge.Judge(judged, OrdinalMap<double>.From(settings.Weights.Select(pair => KeyValuePair.Create(pair.Key, (double)pair.Value))),
                new ScoreThresholds(settings.Pass, settings.Marginal));
        // No data is neither pass nor fail: what is not there neither keeps another metric from failing, nor lets the version go on.
        return judgement is null || (judgement.Verdict != Verdict.Worse && waits.Count > 0)
            ? Judgement.Of(waits.TrueForAll(HasProblem) ? Verdict.NoData : Verdict.Undecided, $"Too few values to compare: {string.Join(", ", waits.Select(Few))}.")
            : judgement;

        static bool HasProblem(WatchedMetric metric) => metric.Problem.Length > 0;

        static string Few(WatchedMetric metric) => HasProblem(metric)
            ? $"'{metric.Name}' has none now ({metric.Problem.TrimEnd('.')})"
            : $"'{metric.Name}' needs {LeastValues} of each version";
    }

    private static Judgement Judge(WatchedMetric watched, MetricDefinition metric)
    {
        var judge = watched.Limits!;
        var judgement = judge.Judge();
        if (judgement.Verdict == Verdict.NotWorse && judge.Successful < metric.Limits.Count)
            judgement = Judgement.Of(Verdict.Undecided, "");
        var reason = judgement.Verdict switch
        {
            Verdict.Worse => $"'{watched.Name}' is {Number(watched.Value)}{Limit(metric)}: {judge.Failed} of {judge.Measurements} measurements failed, and "
                + $"{metric.Limits.FailureLimit} may.",
            Verdict.NoData => $"'{watched.Name}' could not be measured {judge.ConsecutiveErrors} times in a row: {watched.Problem}",
            Verdict.NotWorse => $"'{watched.Name}' is {Number(watched.Value)}.",
            _ when judgement.Inconclusive => $"'{watched.Name}' is {Number(watched.Value)}, which neither passes nor fails: so were {judge.Inconclusive} of "
                + $"{judge.Measurements} measurements, and {metric.Limits.InconclusiveLimit} may.",
            _ when watched.Problem.Length > 0 => $"'{watched.Name}' could not be measured: {watched.Problem}",
            _ => $"'{watched.Name}' has {judge.Successful} of the {metric.Limits.Count} good measurements that it needs.",
        };
        return judgement with { Reason = reason };
    }

    private static string Limit(MetricDefinition metric) =>
        metric.Fail is { } fail ? $", and fails {fail}" : $", and passes {metric.Pass}";

    internal static string Number(double? value) => value?.ToString("G4", CultureInfo.InvariantCulture) ?? "unknown";

    private static KayentaMetric Kayenta(WatchedMetric watched, MetricDefinition metric)
    {
        var comparison = metric.Comparison!;
        var direction = comparison.Worse switch
        {
            WorseWhen.Higher => BadDirection.Increase,
            WorseWhen.Lower => BadDirection.Decrease,
            _ => BadDirection.Either,
        };
        var rule = new MetricRule(
            direction, Critical: comparison.Critical, Required: comparison.Missing == MissingValues.Fail, MissingIsZero: comparison.Missing == MissingValues.Zero);
        return new(
            watched.Name, comparison.Groups.Count == 0 ? [""] : comparison.Groups,
            watched.Baseline.Take(watched.Compared.Baseline).ToValueList(), watched.Candidate.Take(watched.Compared.Candidate).ToValueList(), rule);
    }

    private static WatchedMetric Seen(WatchedMetric watched, MetricDefinition metric, MetricSample candidate, MetricSample? live)
    {
        var measured = Measure(metric, candidate, live);
        var lacksLive = live?.Value is null && (measured == Measurement.Errored || metric.Comparison is not null);
        var next = watched with
        {
            Limits = measured is { } outcome ? watched.Limits?.Add(outcome) : watched.Limits,
            Value = candidate.Value ?? watched.Value,
            Live = live?.Value ?? watched.Live,
            Problem = candidate.Value is null ? candidate.Problem : lacksLive ? live?.Problem ?? "There is no value of the live version." : "",
        };
        if (metric.Comparison is not { } comparison)
            return next;
        var (above, below) = (With(watched.Candidate, candidate.Value, comparison), With(watched.Baseline, live?.Value, comparison));
        return next with
        {
            Candidate = above.Values,
            Baseline = below.Values,
            Compared = new(Math.Max(0, watched.Compared.Candidate - above.Left), Math.Max(0, watched.Compared.Baseline - below.Left)),
        };
    }

    /// <summary>Null: the metric has no limits. As in Argo, what passes need not be said where it is said what fails, and the other way round.</summary>
    private static Measurement? Measure(MetricDefinition metric, MetricSample candidate, MetricSample? live)
    {
        if (metric.Fail is null && metric.Pass is null)
            return null;
        if (candidate.Value is not { } value)
            return Measurement.Errored;
        var (fails, passes) = (metric.Fail?.Holds(value, live?.Value), metric.Pass?.Holds(value, live?.Value));
        if ((metric.Fail is not null && fails is null) || (metric.Pass is not null && passes is null))
            return Measurement.Errored;
        return fails == true ? Measurement.Failed
            : passes ?? true ? Measurement.Successful
            : metric.Fail is null ? Measurement.Failed
            : Measurement.Inconclusive;
    }

    /// <returns>Left: how many old values made room.</returns>
    private static (ValueList<double> Values, int Left) With(ValueList<double> values, double? value, MetricComparison comparison)
    {
        if ((value ?? (comparison.Missing == MissingValues.Zero ? 0 : null)) is not { } known)
            return (values, 0);
        return values.Count < ValuesKept ? (values.Add(known), 0) : (values.Skip(1).Append(known).ToValueList(), 1);
    }

    /// <returns>Null for the candidate: nothing was asked, or the answer was lost.</returns>
    private static (MetricSample? Candidate, MetricSample? Live) SamplesOf(MetricDefinition metric, TrafficMeasured measured, RolloutDefinition rollout)
    {
        if (metric.Source is not RouterFigure { Figure: var figure })
            return (measured.Samples.FirstOrDefault(sample => sample.Metric == metric.Name && !sample.OfLive),
                measured.Samples.FirstOrDefault(sample => sample.Metric == metric.Name && sample.OfLive));
        if (measured.Traffic is not { } traffic)
            return default;
        var seconds = traffic.Seconds ?? rollout.Bin.TotalSeconds;
        if (!IsDue(metric, measured.Bin, rollout, TimeSpan.FromSeconds(seconds)))
            return default;
        return (Sample(false, traffic.Candidate), Sample(true, traffic.Baseline));

        MetricSample Sample(bool ofLive, TrafficCounts counts) => Of(figure, counts, seconds) is { } value
            ? new(metric.Name, ofLive, value, "")
            : new(metric.Name, ofLive, null, ofLive ? "The live version had no requests." : "The new version had no requests.");
    }

    private static double? Of(Figure figure, TrafficCounts counts, double seconds) => figure switch
    {
        Figure.Requests => counts.Requests / seconds,
        Figure.Errors => counts.Requests == 0 ? null : (double)counts.Errors / counts.Requests,
        _ => (int)figure - (int)Figure.P50 is var index && index < counts.Percentiles.Count ? counts.Percentiles[index] : null,
    };

    private static bool IsDue(MetricDefinition metric, int bin, RolloutDefinition rollout, TimeSpan length)
    {
        var first = (int)Math.Ceiling(metric.Limits.Delay / rollout.Bin);
        var every = Math.Max(1, (int)Math.Round(metric.Limits.Interval / length));
        return bin - 1 >= first && (bin - 1 - first) % every == 0;
    }

    private static IEnumerable<MetricQuestion> QuestionsOf(EnvironmentState state, Deployment deployment, MetricDefinition metric)
    {
        if (metric.Source is RouterFigure || deployment.Release is not { } release || state.Live is not { } live)
            yield break;
        yield return Question(ofLive: false);
        if (Placeholders.IsOfVersion(metric.Source))
            yield return Question(ofLive: true);

        MetricQuestion Question(bool ofLive)
        {
            var (name, version) = ofLive ? (live.Release, live.Candidate) : (release, deployment.Candidate);
            return new(metric.Name, ofLive, Placeholders.Fill(metric.Source, placeholder => placeholder switch
            {
                "release" => name,
                "run" => version.Run.ToString(CultureInfo.InvariantCulture),
                "commit" => version.Commit,
                "candidate" => release,
                "baseline" => live.Release,
                "project" => state.Project,
                "environment" => state.Name,
                _ => null,
            }), metric.Limits.Timeout);
        }
    }

    private static ThresholdSettings SettingsOf(MetricLimits limits) => new(
        limits.Interval, limits.Count, limits.FailureLimit, limits.InconclusiveLimit, limits.ConsecutiveErrorLimit);
}
