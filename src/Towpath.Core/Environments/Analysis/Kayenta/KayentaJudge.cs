namespace Towpath.Core.Environments.Analysis.Kayenta;

/// <summary>One metric's values, with how it is judged and where it counts.</summary>
/// <param name="Groups">Each group that it counts in.</param>
public sealed record KayentaMetric(
    string Name, ValueList<string> Groups, ValueList<double> Baseline, ValueList<double> Candidate, MetricRule Rule);

/// <param name="Groups">Each group that it counts in.</param>
public sealed record ScoredMetric(ValueList<string> Groups, Classification Classification, bool Critical);

/// <param name="Pass">A score from here on passes; 0 to 100.</param>
/// <param name="Marginal">A score below fails at once; one between is for a person to judge.</param>
public sealed record ScoreThresholds(double Pass = 95, double Marginal = 75);

/// <summary>
/// Kayenta's judge, for teams that come from it: one comparison of two lists of values, made to be looked at once. Looked at every
/// minute it takes back more versions than its confidence says.
/// </summary>
public static class KayentaJudge
{
    private const double NodataShareAtMost = 0.5;

    /// <param name="weights">Of groups, in percent; groups without one share what is left of 100 evenly.</param>
    public static Judgement Judge(ValueList<KayentaMetric> metrics, OrdinalMap<double> weights, ScoreThresholds thresholds)
    {
        var results = metrics.Select(metric => (metric.Name, metric.Groups, Result: MetricClassifier.Classify(metric.Baseline, metric.Candidate, metric.Rule)))
            .ToValueList();
        var score = Score(results.Select(each => new ScoredMetric(each.Groups, each.Result.Classification, each.Result.Critical)).ToValueList(), weights);
        var failed = results.Where(each => each.Result.Classification != Classification.Pass)
            .Select(each => $"'{each.Name}' {Words(each.Result.Classification)}").ToValueList();
        var scored = FormattableString.Invariant($"The new version scores {score:0.#} of 100");
        var reason = failed.Count == 0 ? $"{scored}." : $"{scored}: {string.Join(", ", failed)}.";
        return metrics.Count > 0 && results.All(each => each.Result.Classification is Classification.Nodata)
            ? Judgement.Of(Verdict.NoData, "There are no values of one of the versions to compare.")
            : Judgement.Of(score >= thresholds.Pass ? Verdict.NotWorse : score < thresholds.Marginal ? Verdict.Worse : Verdict.Undecided, reason);
    }

    /// <summary>The weighted mean of the groups' shares of metrics that pass, 0 to 100 with two decimals.</summary>
    public static double Score(ValueList<ScoredMetric> metrics, OrdinalMap<double> weights)
    {
        if (metrics.Any(metric => metric.Critical && metric.Classification != Classification.Pass))
            return 0;
        if (metrics.Count(metric => metric.Classification == Classification.Nodata) >= NodataShareAtMost * metrics.Count)
            return 0;
        var groups = metrics.SelectMany(metric => metric.Groups).Distinct().Order(StringComparer.Ordinal).ToValueList();
        var without = groups.Where(group => !weights.ContainsKey(group)).Count();
        var share = without == 0 ? 0 : (100 - weights.Values.Sum()) / without;
        return Math.Round(
            groups.Sum(group => OfGroup(group) * (weights.TryGetValue(group, out var weight) ? weight : share) / 100),
            2, MidpointRounding.AwayFromZero);

        double OfGroup(string group)
        {
            var counted = metrics.Where(metric => metric.Groups.Contains(group) && metric.Classification != Classification.Nodata).ToValueList();
            return counted.Count == 0 ? 100 : 100.0 * counted.Count(metric => metric.Classification == Classification.Pass) / counted.Count;
        }
    }

    private static string Words(Classification classification) => classification switch
    {
        Classification.High => "is higher than the live one's",
        Classification.Low => "is lower than the live one's",
        _ => "has no data",
    };
}
