namespace Towpath.Bench.Measuring;

/// <summary>Measured values, told as their median and their spread.</summary>
/// <param name="Count">How many values there are.</param>
/// <param name="Q1">A quarter of the values is not above it.</param>
/// <param name="Q3">A quarter of the values is not below it.</param>
public sealed record Sample(int Count, double Median, double Q1, double Q3, double P95)
{
    /// <exception cref="ArgumentException">There is no value.</exception>
    public static Sample Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0
            ? throw new ArgumentException("Nothing was measured.", nameof(values))
            : new Sample(sorted.Length, At(sorted, 0.5), At(sorted, 0.25), At(sorted, 0.75), At(sorted, 0.95));
    }

    // Between two values, the line between them: the definition that R, NumPy and spreadsheets use by default.
    private static double At(double[] sorted, double share)
    {
        var place = share * (sorted.Length - 1);
        var below = (int)place;
        return below + 1 < sorted.Length ? sorted[below] + ((place - below) * (sorted[below + 1] - sorted[below])) : sorted[below];
    }
}
