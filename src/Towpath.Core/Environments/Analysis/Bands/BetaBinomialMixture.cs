using Towpath.Core.Environments.Analysis.Numerics;

namespace Towpath.Core.Environments.Analysis.Bands;

/// <summary>
/// For sums of steps that are g down or h up: counts of what is below a quantile, or of successes (Howard et al. 2021,
/// proposition 7). The sum is at most v/g.
/// </summary>
/// <param name="Down">g, above 0.</param>
/// <param name="Up">h, above 0.</param>
/// <param name="Weight">r, above 0: how much of the prior there is.</param>
/// <param name="OneSided">Only sums that are too large count.</param>
public sealed record BetaBinomialMixture(double Down, double Up, double Weight, bool OneSided) : Mixture
{
    /// <param name="v">The variance at which the bound is to be tight.</param>
    public static BetaBinomialMixture At(double v, double down, double up, bool oneSided, double alpha = 0.05)
    {
        var rho = oneSided ? OneSidedNormalMixture.BestRho(v, alpha) : TwoSidedNormalMixture.BestRho(v, alpha);
        return new(down, up, Math.Max(rho - (down * up), 1e-3 * down * up), oneSided);
    }

    public override double LogValue(double s, double v)
    {
        var (whole, product) = (Down + Up, Down * Up);
        // How often it went up and how often down.
        var (ups, downs) = (Math.Max(0, (v + (Up * s)) / (Up * whole)), Math.Max(0, (v - (Down * s)) / (Down * whole)));
        return (v / product * Math.Log(whole)) - (ups * Math.Log(Down)) - (downs * Math.Log(Up))
            + LogPart((Weight / (Down * whole)) + downs, (Weight / (Up * whole)) + ups)
            - LogPart(Weight / (Down * whole), Weight / (Up * whole));
    }

    protected override double LargestSum(double v) => v / Down;

    private double LogPart(double a, double b) =>
        BetaFunction.Log(a, b) + (OneSided ? BetaFunction.LogLower(a, b, Up / (Down + Up)) : 0);
}
