using Towpath.Core.Environments.Analysis.Numerics;

namespace Towpath.Core.Environments.Analysis.Bands;

/// <summary>Where a rate lies, at whatever times one looks with probability 1 − α.</summary>
public static class RateBand
{
    /// <summary>All rates that the two-sided beta-binomial mixture does not speak against: its value is below 1/α.</summary>
    /// <param name="hits">How many of the requests, 0 to <paramref name="requests"/>; fractions are fine.</param>
    /// <param name="tight">The number of requests at which the band is to be tight.</param>
    public static (double Low, double High) Of(double hits, double requests, double alpha, double tight)
    {
        if (requests <= 0)
            return (0, 1);
        var (share, threshold) = (hits / requests, Math.Log(1 / alpha));
        return (
            share > 0 ? RootSearch.Bisect(Excess, 0, share, falls: true) : 0,
            share < 1 ? RootSearch.Bisect(Excess, share, 1) : 1);

        double Excess(double rate) => BetaBinomialMixture.At(rate * (1 - rate) * tight, rate, 1 - rate, oneSided: false)
            .LogValue((share - rate) * requests, rate * (1 - rate) * requests) - threshold;
    }
}
