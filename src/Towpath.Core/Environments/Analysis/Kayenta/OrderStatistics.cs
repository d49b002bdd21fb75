namespace Towpath.Core.Environments.Analysis.Kayenta;

/// <summary>What is asked of plain lists of measured values.</summary>
public static class OrderStatistics
{
    /// <summary>Zero-based ranks plus one; values that are equal share the mean of their ranks.</summary>
    public static double[] Ranks(double[] values, out double ties)
    {
        var order = new int[values.Length];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        Array.Sort((double[])values.Clone(), order);
        var ranks = new double[values.Length];
        ties = 0;
        for (var begin = 0; begin < order.Length;)
        {
            var end = begin + 1;
            while (end < order.Length && values[order[end]] == values[order[begin]])
                end++;
            for (var i = begin; i < end; i++)
                ranks[order[i]] = (begin + end + 1) / 2.0;
            double same = end - begin;
            ties += (same * same * same) - same;
            begin = end;
        }

        return ranks;
    }

    /// <summary>Between two values the line between them, as R, NumPy and spreadsheets have it (Hyndman and Fan's seventh definition).</summary>
    /// <param name="share">From 0 to 1.</param>
    public static double Quantile(double[] sorted, double share)
    {
        var place = share * (sorted.Length - 1);
        var below = (int)place;
        return below + 1 < sorted.Length ? sorted[below] + ((place - below) * (sorted[below + 1] - sorted[below])) : sorted[^1];
    }

    /// <summary>
    /// Which values lie further outside the quartiles than <paramref name="factor"/> times their distance (Tukey's fences).
    /// </summary>
    /// <param name="sparing">Only what lies also outside of the first and the last percentile.</param>
    public static ValueList<bool> Outliers(IReadOnlyList<double> values, double factor = 1.5, bool sparing = false)
    {
        if (values.Count == 0)
            return [];
        var sorted = values.Order().ToArray();
        var (low, high) = (Quantile(sorted, 0.25), Quantile(sorted, 0.75));
        (low, high) = (low - (factor * (high - low)), high + (factor * (high - low)));
        if (sparing)
            (low, high) = (Math.Min(low, Quantile(sorted, 0.01)), Math.Max(high, Quantile(sorted, 0.99)));
        return values.Select(value => value < low || value > high).ToValueList();
    }
}
