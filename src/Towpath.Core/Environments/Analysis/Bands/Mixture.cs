using Towpath.Core.Environments.Analysis.Numerics;

namespace Towpath.Core.Environments.Analysis.Bands;

/// <summary>
/// A process that starts at 1 and is never expected to grow while a sum stays what it should be: e^(λs − ψ(λ)v), averaged over λ.
/// Howard, Ramdas, McAuliffe, Sekhon: Time-uniform, nonparametric, nonasymptotic confidence sequences (2021), section 3.
/// </summary>
public abstract record Mixture
{
    /// <summary>ln of the process at the centred sum <paramref name="s"/> and the accumulated variance <paramref name="v"/> ≥ 0.</summary>
    public abstract double LogValue(double s, double v);

    /// <summary>The largest sum that can occur at all; infinity: there is none.</summary>
    protected virtual double LargestSum(double v) => double.PositiveInfinity;

    /// <summary>The sum that is passed with probability α at most, at whatever times one looks.</summary>
    public virtual double Bound(double v, double alpha)
    {
        var (threshold, high) = (Math.Log(1 / alpha), LargestSum(v));
        if (double.IsInfinity(high))
        {
            high = Math.Max(v, 1);
            for (var doubling = 0; doubling < 1000 && LogValue(high, v) <= threshold; doubling++)
                high *= 2;
        }

        return LogValue(high, v) < threshold ? high : RootSearch.Bisect(s => LogValue(s, v) - threshold, 0, high);
    }
}

/// <summary>For sums that are sub-Gaussian in both directions; λ normal with variance 1/ρ (proposition 5).</summary>
public sealed record TwoSidedNormalMixture(double Rho) : Mixture
{
    /// <summary>The ρ with which the bound at variance <paramref name="v"/> is about the least (same paper, section 3.5).</summary>
    public static double BestRho(double v, double alpha) => v / ((2 * Math.Log(1 / alpha)) + Math.Log(1 + (2 * Math.Log(1 / alpha))));

    /// <param name="v">The variance at which the bound is to be tight.</param>
    public static TwoSidedNormalMixture At(double v, double alpha = 0.05) => new(BestRho(v, alpha));

    public override double LogValue(double s, double v) => (0.5 * Math.Log(Rho / (v + Rho))) + (s * s / (2 * (v + Rho)));

    public override double Bound(double v, double alpha) => Math.Sqrt((v + Rho) * (Math.Log(1 + (v / Rho)) + (2 * Math.Log(1 / alpha))));
}

/// <summary>For sums that are sub-Gaussian upwards; λ half-normal (proposition 6).</summary>
public sealed record OneSidedNormalMixture(double Rho) : Mixture
{
    public static double BestRho(double v, double alpha) => TwoSidedNormalMixture.BestRho(v, 2 * alpha);

    /// <inheritdoc cref="TwoSidedNormalMixture.At"/>
    public static OneSidedNormalMixture At(double v, double alpha = 0.05) => new(BestRho(v, alpha));

    public override double LogValue(double s, double v) =>
        (0.5 * Math.Log(4 * Rho / (v + Rho))) + (s * s / (2 * (v + Rho))) + NormalDistribution.LogLower(s / Math.Sqrt(v + Rho));
}

/// <summary>For sums whose steps up have tails as the exponential distribution's with scale c (proposition 9).</summary>
public sealed record GammaExponentialMixture(double Rho, double Scale) : Mixture
{
    /// <inheritdoc cref="TwoSidedNormalMixture.At"/>
    public static GammaExponentialMixture At(double v, double c, double alpha = 0.05) => new(OneSidedNormalMixture.BestRho(v, alpha), c);

    public override double LogValue(double s, double v)
    {
        var square = Scale * Scale;
        var (before, shape, place) = (Rho / square, (v + Rho) / square, ((Scale * s) + v + Rho) / square);
        return (before * Math.Log(before)) - GammaFunction.Log(before) - GammaFunction.LogLower(before, before)
            + GammaFunction.Log(shape) + GammaFunction.LogLower(shape, place) - (shape * Math.Log(place)) + place - before;
    }
}

/// <summary>For sums whose steps up have tails as the Poisson distribution's with scale c (proposition 10).</summary>
public sealed record GammaPoissonMixture(double Rho, double Scale) : Mixture
{
    /// <inheritdoc cref="TwoSidedNormalMixture.At"/>
    public static GammaPoissonMixture At(double v, double c, double alpha = 0.05) => new(OneSidedNormalMixture.BestRho(v, alpha), c);

    public override double LogValue(double s, double v)
    {
        var square = Scale * Scale;
        var (before, rate, shape) = (Rho / square, (v + Rho) / square, ((Scale * s) + v + Rho) / square);
        return (before * Math.Log(before)) - GammaFunction.Log(before) - GammaFunction.LogUpper(before, before)
            + GammaFunction.Log(shape) + GammaFunction.LogUpper(shape, rate) - (shape * Math.Log(rate)) + (v / square);
    }
}
