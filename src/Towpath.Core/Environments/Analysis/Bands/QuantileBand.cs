using Towpath.Core.Environments.Analysis.Numerics;

namespace Towpath.Core.Environments.Analysis.Bands;

/// <summary>Where a quantile lies and whether two versions share it, at whatever times one looks (Howard, Ramdas 2022).</summary>
public static class QuantileBand
{
    /// <summary>
    /// With probability 1 − α the quantile <paramref name="p"/> lies between these two quantiles of what was counted, at all times
    /// (theorem 1, beta-binomial).
    /// </summary>
    /// <param name="tight">The number of requests at which the band is to be tight.</param>
    /// <returns>Shares from 0 to 1.</returns>
    public static (double Low, double High) Levels(double p, double requests, double alpha, double tight)
    {
        if (requests <= 0)
            return (0, 1);
        var (variance, v) = (p * (1 - p), p * (1 - p) * requests);
        var above = BetaBinomialMixture.At(variance * tight, p, 1 - p, oneSided: false).Bound(v, alpha) / requests;
        var below = BetaBinomialMixture.At(variance * tight, 1 - p, p, oneSided: false).Bound(v, alpha) / requests;
        return (Math.Max(0, p - below), Math.Min(1, p + above));
    }

    /// <summary>
    /// The p-value, valid at all times, of "both have the same quantile <paramref name="p"/>": for each place that it could have, the
    /// product of both versions' mixtures; the least of them counts.
    /// </summary>
    /// <param name="first">Measured values in any order, at least one.</param>
    public static double Equality(IReadOnlyList<double> first, IReadOnlyList<double> second, double p, double tight)
    {
        var mixture = BetaBinomialMixture.At(p * (1 - p) * tight, p, 1 - p, oneSided: false);
        var (one, other) = (Arm.Of(mixture, p, first), Arm.Of(mixture, p, second));
        var least = one.Sorted.Concat(other.Sorted).Min(place => one.LogValue(place) + other.LogValue(place));
        return Math.Min(1, Math.Exp(-least));
    }

    /// <param name="Likeliest">The share below at which the mixture is least.</param>
    private sealed record Arm(Mixture Mixture, double P, double[] Sorted, double Likeliest)
    {
        public static Arm Of(Mixture mixture, double p, IReadOnlyList<double> values)
        {
            var sorted = values.Order().ToArray();
            return new(mixture, p, sorted, RootSearch.Least(share => At(mixture, p, sorted.Length, share), 0, 1));
        }

        /// <summary>At a value that was measured, the share below it is anything between without and with it: the one that speaks least.</summary>
        public double LogValue(double place)
        {
            var share = Math.Clamp(Likeliest, (double)CountBelow(place, orAt: false) / Sorted.Length, (double)CountBelow(place, orAt: true) / Sorted.Length);
            return At(Mixture, P, Sorted.Length, share);
        }

        private static double At(Mixture mixture, double p, int count, double share) =>
            mixture.LogValue((share - p) * count, p * (1 - p) * count);

        private int CountBelow(double place, bool orAt)
        {
            var (low, high) = (0, Sorted.Length);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (Sorted[middle] < place || (orAt && Sorted[middle] == place))
                    low = middle + 1;
                else
                    high = middle;
            }

            return low;
        }
    }
}
