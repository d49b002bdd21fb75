namespace Towpath.Core.Environments.Analysis.Numerics;

/// <summary>The beta function and its incomplete form, in logs.</summary>
public static class BetaFunction
{
    private const double Precision = 1e-15;
    private const double Tiny = 1e-300;

    /// <summary>ln B(a, b) = ln Γ(a) + ln Γ(b) − ln Γ(a + b), for a, b > 0.</summary>
    public static double Log(double a, double b) => GammaFunction.Log(a) + GammaFunction.Log(b) - GammaFunction.Log(a + b);

    /// <summary>ln B(v) of several shapes: Σ ln Γ(v_i) − ln Γ(Σ v_i), all above 0.</summary>
    public static double Log(IReadOnlyList<double> shapes) => shapes.Sum(shape => GammaFunction.Log(shape)) - GammaFunction.Log(shapes.Sum());

    /// <summary>ln I_x(a, b), the share of the beta distribution that lies below x; x from 0 to 1 (A&amp;S 26.5).</summary>
    public static double LogLower(double a, double b, double x) => x <= 0 ? double.NegativeInfinity
        : x >= 1 ? 0
        : x < (a + 1) / (a + b + 2) ? LogFraction(a, b, x)
        : LogTail.Complement(LogFraction(b, a, 1 - x));

    /// <summary>ln(1 − I_x(a, b)); accurate also far out, where the share itself would be 0.</summary>
    public static double LogUpper(double a, double b, double x) => LogLower(b, a, 1 - x);

    /// <summary>A&amp;S 26.5.8, evaluated by Lentz's method; it converges within some √max(a, b) terms.</summary>
    private static double LogFraction(double a, double b, double x)
    {
        var (c, d) = (1.0, 1 / NotZero(1 - ((a + b) * x / (a + 1))));
        var value = d;
        for (var m = 1; m < 1_000_000; m++)
        {
            var even = m * (b - m) * x / ((a + (2 * m) - 1) * (a + (2 * m)));
            d = 1 / NotZero(1 + (even * d));
            c = NotZero(1 + (even / c));
            value *= d * c;
            var odd = -(a + m) * (a + b + m) * x / ((a + (2 * m)) * (a + (2 * m) + 1));
            d = 1 / NotZero(1 + (odd * d));
            c = NotZero(1 + (odd / c));
            value *= d * c;
            if (Math.Abs((d * c) - 1) < Precision)
                break;
        }

        return Math.Min(0, (a * Math.Log(x)) + (b * LogTail.LogOnePlus(-x)) - Math.Log(a) - Log(a, b) + Math.Log(value));
    }

    private static double NotZero(double value) => Math.Abs(value) < Tiny ? Tiny : value;
}
