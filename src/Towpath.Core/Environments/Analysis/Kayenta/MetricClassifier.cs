using Towpath.Core.Environments.Analysis.Numerics;

namespace Towpath.Core.Environments.Analysis.Kayenta;

/// <summary>
/// Compares one metric of the new version with the live one's as Kayenta's judge does, except that the interval is searched
/// with a tolerance that fits the values.
/// </summary>
public static class MetricClassifier
{
    /// <summary>Where both samples have one value each, the noise that tells their values apart is as small as this share of them.</summary>
    private const double NoiseShare = 1e-5;

    /// <param name="baseline">One value a time interval; what is not a number is missing.</param>
    public static MetricResult Classify(IReadOnlyList<double> baseline, IReadOnlyList<double> candidate, MetricRule rule)
    {
        var (below, above) = (Prepared(baseline, rule), Prepared(candidate, rule));
        if (below.Length == 0 || above.Length == 0)
            return Missing(rule);
        if (below.Order().SequenceEqual(above.Order()) || below.Concat(above).Distinct().Count() == 1)
            return new(Classification.Pass, false, 1);
        if (below.Distinct().Count() == 1 && above.Distinct().Count() == 1)
            (below, above) = (Blurred(below), Blurred(above));
        var deviation = EffectSize.MeanRatio(below, above);
        var effect = rule.Measure == EffectMeasure.CommonLanguage ? EffectSize.CommonLanguage(below, above) : deviation;
        var classification = Compare(MannWhitney.Of(above, below, rule.Confidence), effect, rule);
        return new(classification, rule.Critical && IsCritical(classification, effect, rule), double.IsNaN(deviation) ? null : deviation);
    }

    private static Classification Compare(MannWhitney shift, double effect, MetricRule rule)
    {
        var bound = rule.Tolerance * Math.Abs(shift.Estimate);
        // An effect that cannot be computed does not excuse.
        if (rule.Direction != BadDirection.Decrease && shift.Low > bound && !(effect < (rule.Increase ?? rule.NoEffect)))
            return Classification.High;
        return rule.Direction != BadDirection.Increase && shift.High < -bound && !(effect > (rule.Decrease ?? rule.NoEffect))
            ? Classification.Low
            : Classification.Pass;
    }

    private static bool IsCritical(Classification classification, double effect, MetricRule rule) => classification switch
    {
        Classification.High => !(effect < (rule.CriticalIncrease ?? rule.NoEffect)),
        Classification.Low => !(effect > (rule.CriticalDecrease ?? rule.NoEffect)),
        _ => false,
    };

    private static MetricResult Missing(MetricRule rule) => rule switch
    {
        { MissingIsZero: true } => new(Classification.Pass, false, 1),
        { Required: true, Critical: false } => new(Classification.NodataFail, false, 1),
        _ => new(Classification.Nodata, rule.Critical, 1),
    };

    private static double[] Prepared(IReadOnlyList<double> values, MetricRule rule)
    {
        var numbers = rule.MissingIsZero
            ? values.Select(value => double.IsFinite(value) ? value : 0).ToArray()
            : values.Where(double.IsFinite).ToArray();
        if (rule.Outliers is not { } factor)
            return numbers;
        var outliers = OrderStatistics.Outliers(numbers, factor, sparing: true);
        return numbers.Where((_, i) => !outliers[i]).ToArray();
    }

    /// <summary>Evenly spread over a narrow normal distribution: ranks need values that differ, and Core has no randomness.</summary>
    private static double[] Blurred(double[] values) => values
        .Select((value, i) => value + (NoiseShare * value * NormalDistribution.Quantile((i + 0.5) / values.Length)))
        .ToArray();
}
