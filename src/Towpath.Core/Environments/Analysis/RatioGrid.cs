namespace Towpath.Core.Environments.Analysis;

/// <summary>The rates of the new version that are held against the hypothesis: multiples of the live one's, at even geometric steps.</summary>
public static class RatioGrid
{
    /// <summary>How many there are; each has the same weight.</summary>
    public const int Count = 40;

    /// <summary>The largest multiple.</summary>
    public const double Most = 1000;

    /// <summary>No rate is taken for larger.</summary>
    public const double RateAtMost = 0.995;

    /// <summary>The geometric midpoints of forty cells of (<paramref name="from"/>, <paramref name="to"/>].</summary>
    public static double[] Between(double from, double to = Most)
    {
        var (points, cell) = (new double[Count], Math.Pow(to / from, 1.0 / Count));
        points[0] = from * Math.Sqrt(cell);
        for (var k = 1; k < Count; k++)
            points[k] = points[k - 1] * cell;
        return points;
    }

    /// <summary>Even weights, as logs.</summary>
    public static ValueList<double> EvenLogs { get; } = Enumerable.Repeat(-Math.Log(Count), Count).ToValueList();
}
