namespace Towpath.Core.Environments.Analysis.Kayenta;

/// <summary>How large a difference is, apart from how sure it is.</summary>
public static class EffectSize
{
    /// <summary>The candidate's mean over the baseline's; NaN when one of them is 0.</summary>
    public static double MeanRatio(IReadOnlyList<double> baseline, IReadOnlyList<double> candidate)
    {
        var (below, above) = (baseline.Average(), candidate.Average());
        return below == 0 || above == 0 ? double.NaN : above / below;
    }

    /// <summary>The distance of the means in pooled standard deviations (Cohen's d), without its sign.</summary>
    public static double CohensD(IReadOnlyList<double> baseline, IReadOnlyList<double> candidate)
    {
        var pooled = Math.Sqrt((Squares(baseline) + Squares(candidate)) / (baseline.Count + candidate.Count - 2));
        return Math.Abs(candidate.Average() - baseline.Average()) / pooled;
    }

    /// <summary>
    /// The share of pairs in which the candidate's value is the higher one, equal ones counted half: the common language effect
    /// size (Vargha and Delaney 2000).
    /// </summary>
    public static double CommonLanguage(IReadOnlyList<double> baseline, IReadOnlyList<double> candidate)
    {
        double m = candidate.Count;
        var sum = OrderStatistics.Ranks([.. candidate, .. baseline], out _).Take(candidate.Count).Sum();
        return ((2 * sum) - (m * (m + 1))) / (2 * m * baseline.Count);
    }

    private static double Squares(IReadOnlyList<double> values)
    {
        var mean = values.Average();
        return values.Sum(value => (value - mean) * (value - mean));
    }
}
