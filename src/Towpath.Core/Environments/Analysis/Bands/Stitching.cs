using Towpath.Core.Environments.Analysis.Numerics;

namespace Towpath.Core.Environments.Analysis.Bands;

/// <summary>Bounds in closed form that grow as slowly as the law of the iterated logarithm lets them.</summary>
public static class Stitching
{
    private const double Exponent = 1.4;
    private const double Base = 2;

    private static readonly double Spread = (Math.Pow(Base, 0.25) + Math.Pow(Base, -0.25)) / Math.Sqrt(2);
    private static readonly double Skew = (Math.Sqrt(Base) + 1) / 2;

    /// <summary>
    /// The sum that a sub-gamma process passes with probability α at most, at whatever times one looks: Howard et al. 2021,
    /// theorem 1, with epochs that double and s = 1.4.
    /// </summary>
    /// <param name="v">The accumulated variance, at least 0.</param>
    /// <param name="least">The variance from which on the bound is to be tight, above 0.</param>
    /// <param name="c">The scale of the tail; negative where it is lighter than the normal distribution's.</param>
    public static double Polynomial(double v, double alpha, double least, double c = 0)
    {
        var used = Math.Max(v, least);
        var epochs = (Exponent * Math.Log(Math.Log(Base * used / least)))
            + Math.Log(ZetaFunction.Of(Exponent) / (alpha * Math.Pow(Math.Log(Base), Exponent)));
        return Bound(used, epochs, c);
    }

    /// <summary>
    /// How far, in requests, the count below the quantile <paramref name="p"/> strays from p·t, for all quantiles and all times at
    /// once with probability 1 − α. Howard, Ramdas: Sequential estimation of quantiles (2022), theorem 3, with δ = 1/2.
    /// </summary>
    /// <param name="t">How many requests there were.</param>
    /// <param name="from">The number of requests from which on the bound is to be tight, at least 1.</param>
    public static double Double(double p, double t, double alpha, double from)
    {
        const double delta = 0.5;
        var used = Math.Max(t, from);
        var logit = Math.Log(p / (1 - p));
        var nearest = p >= 0.5 ? p : Math.Min(0.5, 1 / (1 + Math.Exp(-logit - (2 * delta * Math.Sqrt(from * Base / used)))));
        var variance = nearest * (1 - nearest);
        var cells = (Math.Sqrt(used / from) * Math.Abs(logit) / (2 * delta)) + 1;
        var zeta = ZetaFunction.Of(Exponent);
        var epochs = (Exponent * Math.Log(Math.Log(Base * used / from))) + (Exponent * Math.Log(cells))
            + Math.Log(2 * zeta * ((2 * zeta) + 1) / (alpha * Math.Pow(Math.Log(Base), Exponent)));
        return (delta * Math.Sqrt(Base * used * variance / from)) + Bound(variance * used, epochs, (1 - (2 * p)) / 3);
    }

    private static double Bound(double v, double epochs, double c)
    {
        var tail = Skew * c * epochs;
        return Math.Sqrt((Spread * Spread * v * epochs) + (tail * tail)) + tail;
    }
}
