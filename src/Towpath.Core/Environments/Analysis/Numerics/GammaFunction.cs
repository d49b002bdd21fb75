namespace Towpath.Core.Environments.Analysis.Numerics;

/// <summary>The gamma function and its incomplete forms, in logs so that nothing overflows.</summary>
public static class GammaFunction
{
    private const double Precision = 1e-16;
    private const double Tiny = 1e-300;

    // B(2k) / (2k (2k - 1)): the coefficients of Stirling's series.
    private static readonly double[] Stirling =
    [
        1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360360, 1.0 / 156, -3617.0 / 122400,
    ];

    /// <summary>
    /// ln Γ(x), for x > 0: Stirling's series from 15 on, the recurrence below (Abramowitz and Stegun 6.1.40, 6.1.15).
    /// Relative error about 1e-15.
    /// </summary>
    public static double Log(double x)
    {
        if (!(x > 0))
            return double.PositiveInfinity;
        var (shifted, product) = (x, 1.0);
        for (; shifted < 15; shifted++)
            product *= shifted;
        var (inverse, square, series) = (1 / shifted, 1 / (shifted * shifted), 0.0);
        for (var k = Stirling.Length - 1; k >= 0; k--)
            series = (series * square) + Stirling[k];
        return ((shifted - 0.5) * Math.Log(shifted)) - shifted + (0.5 * Math.Log(2 * Math.PI)) + (series * inverse) - Math.Log(product);
    }

    /// <summary>ln P(a, x), the share of the gamma distribution with shape a > 0 that lies below x (A&amp;S 6.5.1).</summary>
    public static double LogLower(double a, double x) => x <= 0 ? double.NegativeInfinity
        : x < a + 1 ? LogSeries(a, x)
        : LogTail.Complement(LogFraction(a, x));

    /// <summary>ln Q(a, x) = ln(1 − P(a, x)); accurate also far out, where Q itself would be 0.</summary>
    public static double LogUpper(double a, double x) => x <= 0 ? 0
        : x < a + 1 ? LogTail.Complement(LogSeries(a, x))
        : LogFraction(a, x);

    private static double LogDensity(double a, double x) => (a * Math.Log(x)) - x - Log(a);

    /// <summary>A&amp;S 6.5.29.</summary>
    private static double LogSeries(double a, double x)
    {
        var (term, sum) = (1 / a, 1 / a);
        for (var n = 1; term > sum * Precision; n++)
        {
            term *= x / (a + n);
            sum += term;
        }

        return Math.Min(0, LogDensity(a, x) + Math.Log(sum));
    }

    /// <summary>A&amp;S 6.5.31, evaluated by Lentz's method.</summary>
    private static double LogFraction(double a, double x)
    {
        var b = x + 1 - a;
        var (c, d) = (1 / Tiny, 1 / b);
        var value = d;
        for (var n = 1; n < 1_000_000; n++)
        {
            var factor = -n * (n - a);
            b += 2;
            d = 1 / NotZero((factor * d) + b);
            c = NotZero(b + (factor / c));
            value *= d * c;
            if (Math.Abs((d * c) - 1) < Precision)
                break;
        }

        return Math.Min(0, LogDensity(a, x) + Math.Log(value));
    }

    private static double NotZero(double value) => Math.Abs(value) < Tiny ? Tiny : value;
}
