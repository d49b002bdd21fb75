using Towpath.Core.Environments.Analysis.Numerics;

namespace Towpath.Core.Environments.Analysis.Kayenta;

/// <summary>
/// By how much one sample is shifted against the other, by their ranks: Mann, Whitney (1947), with the normal approximation, the
/// correction for ties and continuity, and the interval as R's wilcox.test computes it. Valid for one look, not for many.
/// </summary>
/// <param name="Low">The lower end of the interval of the shift, candidate minus baseline.</param>
/// <param name="Estimate">The shift that leaves no difference in ranks (Hodges, Lehmann).</param>
public sealed record MannWhitney(double Low, double High, double Estimate)
{
    /// <summary>The absolute tolerance of R and of Kayenta, in the values' unit: far too coarse for seconds and fractions.</summary>
    public const double CoarseTolerance = 1e-4;

    /// <param name="confidence">That the interval holds the shift, when looked at once.</param>
    /// <param name="tolerance">Of the search, in the values' unit; null: a billionth of the range of the shifts that are possible.</param>
    /// <exception cref="ArgumentException">One sample is empty, or all values are the same.</exception>
    public static MannWhitney Of(
        IReadOnlyList<double> candidate, IReadOnlyList<double> baseline, double confidence = 0.95, double? tolerance = null)
    {
        if (candidate.Count == 0 || baseline.Count == 0 || candidate.Concat(baseline).Distinct().Count() == 1)
            throw new ArgumentException("There is nothing to compare.", nameof(candidate));
        var (x, y) = (candidate.ToArray(), baseline.ToArray());
        var (least, most) = (x.Min() - y.Max(), x.Max() - y.Min());
        var within = tolerance ?? (1e-9 * (most - least));
        var z = -NormalDistribution.Quantile((1 - confidence) / 2);
        return new(Bound(z), Bound(-z), RootSearch.Brent(shift => Deviation(shift, 0, x, y), least, most, within));

        double Bound(double deviation) => Deviation(least, deviation, x, y) <= 0 ? least
            : Deviation(most, deviation, x, y) >= 0 ? most
            : RootSearch.Brent(shift => Deviation(shift, deviation, x, y), least, most, within);
    }

    /// <summary>
    /// How many standard deviations the candidate's rank sum lies above its expectation once <paramref name="shift"/> is taken off
    /// the candidate's values, less <paramref name="quantile"/>. Falls in steps as the shift grows.
    /// </summary>
    public static double Deviation(double shift, double quantile, IReadOnlyList<double> candidate, IReadOnlyList<double> baseline)
    {
        var (m, n) = ((double)candidate.Count, (double)baseline.Count);
        var pooled = new double[candidate.Count + baseline.Count];
        for (var i = 0; i < candidate.Count; i++)
            pooled[i] = candidate[i] - shift;
        for (var i = 0; i < baseline.Count; i++)
            pooled[candidate.Count + i] = baseline[i];
        var ranks = OrderStatistics.Ranks(pooled, out var ties);
        var excess = -(m * (m + 1) / 2) - (m * n / 2);
        for (var i = 0; i < candidate.Count; i++)
            excess += ranks[i];
        var deviation = Math.Sqrt(m * n / 12 * (m + n + 1 - (ties / ((m + n) * (m + n - 1)))));
        return ((excess - (Math.Sign(excess) * 0.5)) / deviation) - quantile;
    }

    /// <summary>Two-sided; 1 where all values are the same.</summary>
    public static double PValue(IReadOnlyList<double> candidate, IReadOnlyList<double> baseline)
    {
        var deviation = Deviation(0, 0, candidate, baseline);
        return double.IsNaN(deviation) ? 1 : Math.Min(1, 2 * NormalDistribution.Lower(-Math.Abs(deviation)));
    }
}
