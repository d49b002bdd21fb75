using Towpath.Core.Environments.Analysis.Numerics;

namespace Towpath.Core.Environments.Analysis.Bands;

/// <summary>
/// How far a counted distribution function may lie from the true one, everywhere and at all times at once with probability 1 − α:
/// A √((ln(1 + ln(t/t0)) + C) / t). Howard, Ramdas (2022), theorem 2; for t0 = 1 and A = 0.85 the constant C is about 0.8 ln(1612/α).
/// </summary>
/// <param name="From">t0 ≥ 1: before so many requests there is no band.</param>
/// <param name="Factor">A, above 1/√2.</param>
/// <param name="Constant">C, the least one that holds the promise.</param>
public sealed record DistributionBand(double From, double Factor, double Constant)
{
    public static DistributionBand Of(double alpha, double from = 1, double factor = 0.85) => new(from, factor, LeastConstant(alpha, factor));

    /// <summary>The radius in shares of requests after <paramref name="t"/> requests; infinity before <see cref="From"/>.</summary>
    public double Radius(double t) => t < From ? double.PositiveInfinity
        : Factor * Math.Sqrt((Math.Log(1 + Math.Log(t / From)) + Constant) / t);

    private static double LeastConstant(double alpha, double factor)
    {
        var high = 5.0;
        while (Error(high) > alpha)
            high *= 2;
        return RootSearch.Bisect(constant => Error(constant) - alpha, high / 4, high, falls: true);

        double Error(double constant)
        {
            // At the largest epoch the exponent is 1, where the sum over epochs does not converge any more.
            var most = RootSearch.Bisect(
                eta => Math.Sqrt(eta / 2) + Math.Sqrt(2 * (eta - 1) / constant) - factor, 1, 2 * factor * factor);
            var best = RootSearch.Least(eta => ErrorAt(constant, eta, factor), 1, most);
            return ErrorAt(constant, best, factor);
        }
    }

    /// <summary>The probability that the band is left, summed over epochs that grow by <paramref name="eta"/>.</summary>
    private static double ErrorAt(double constant, double eta, double factor)
    {
        var root = factor - Math.Sqrt(2 * (eta - 1) / constant);
        var exponent = 2 / eta * root * root;
        return exponent <= 1 ? double.PositiveInfinity
            : 4 * Math.Exp(-exponent * constant) * (1 + (1 / ((exponent - 1) * Math.Log(eta))));
    }
}
