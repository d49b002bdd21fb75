using Towpath.Core.Environments.Analysis.Numerics;

namespace Towpath.Core.Environments.Analysis;

/// <summary>What could have been seen with the traffic that there was.</summary>
public static class DetectableEffect
{
    /// <summary>What it costs that the rate to look for is not known, in nats.</summary>
    private const double CostOfAveraging = 1.5;

    /// <summary>
    /// The candidate's rate from which on a rollback had about an even chance: where the evidence that its requests are expected to give
    /// (<see cref="TwoByTwo.Growth"/>) reaches ln(1/α) and what averaging costs.
    /// </summary>
    /// <param name="lines">Each has to be passed.</param>
    /// <param name="baseline">The live version's rate, 0 to 1.</param>
    /// <returns>Null: not even a version that fails always would have been seen.</returns>
    public static double? Rate(
        double candidateRequests, double baselineRequests, double baseline, ValueList<Line> lines, double alpha, double dispersion = 1)
    {
        var needed = (Math.Log(1 / alpha) + CostOfAveraging) * dispersion;
        var lowest = Math.Min(RatioGrid.RateAtMost, baseline);
        return Growth(RatioGrid.RateAtMost) < needed
            ? null
            : RootSearch.Brent(rate => Growth(rate) - needed, lowest, RatioGrid.RateAtMost, 1e-12);

        double Growth(double rate)
        {
            var least = double.PositiveInfinity;
            foreach (var line in lines)
                least = Math.Min(least, TwoByTwo.Growth(candidateRequests, baselineRequests, rate, baseline, line));
            return least;
        }
    }
}
