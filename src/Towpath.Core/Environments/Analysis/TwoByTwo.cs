using Towpath.Core.Environments.Analysis.Numerics;

namespace Towpath.Core.Environments.Analysis;

/// <summary>
/// Safe tests of two rates in blocks of 2×2 counts: Turner, Ly, Grünwald: Generic E-variables for exact sequential k-sample tests
/// (2024). A block's value is never expected to be above 1 while the hypothesis holds, so the product over blocks is an e-process.
/// </summary>
public static class TwoByTwo
{
    /// <summary>Rates lie between this and 1 less this: nothing is impossible.</summary>
    public const double Least = 1e-12;

    /// <summary>
    /// ln S of a block: the likelihood of the alternative (a, b) over that of the pair on the line which the block can tell least from it
    /// (its projection by Kullback and Leibler's divergence). 0 when the alternative is not on the far side of the line.
    /// </summary>
    /// <param name="below">The hypothesis to be spoken against is "the candidate's rate is on the line or below"; false: on it or above.</param>
    /// <param name="a">The candidate's rate, fixed before the block was seen; 0 to 1.</param>
    /// <param name="b">The baseline's rate, as well.</param>
    public static double LogS(Block block, double a, double b, Line line, bool below)
    {
        (a, b) = (Math.Clamp(a, Least, 1 - Least), Math.Clamp(b, Least, 1 - Least));
        if (block.CandidateRequests == 0 || block.BaselineRequests == 0 || (below ? a <= line.At(b) : a >= line.At(b)))
            return 0;
        var nearest = Nearest(block.CandidateRequests, block.BaselineRequests, a, b, line);
        return LogLikelihoodRatio(block.CandidateRequests, block.CandidateHits, a, line.At(nearest))
            + LogLikelihoodRatio(block.BaselineRequests, block.BaselineHits, b, nearest);
    }

    /// <summary>What ln S is expected to be when the alternative is true; the most that a block can be expected to say.</summary>
    public static double Growth(double candidateRequests, double baselineRequests, double a, double b, Line line)
    {
        if (candidateRequests <= 0 || baselineRequests <= 0 || a <= line.At(b))
            return 0;
        var nearest = Nearest(candidateRequests, baselineRequests, a, b, line);
        return LogLikelihoodRatio(candidateRequests, candidateRequests * a, a, line.At(nearest))
            + LogLikelihoodRatio(baselineRequests, baselineRequests * b, b, nearest);
    }

    /// <summary>
    /// The baseline's rate b° of the projection: where ratio × na × s(a) + nb × s(b) is 0, with s(x) = (x − x°) / (x° (1 − x°)). For a
    /// line through 0 that is the smaller root of a quadratic; else it is searched, and there is one as the sum falls.
    /// </summary>
    public static double Nearest(double na, double nb, double a, double b, Line line)
    {
        if (line.Margin == 0)
        {
            var linear = (na * (a + line.Ratio)) + (nb * (1 + (line.Ratio * b)));
            var constant = (na * a) + (nb * b);
            var root = Math.Sqrt(Math.Max(0, (linear * linear) - (4 * line.Ratio * (na + nb) * constant)));
            return Inside(2 * constant / (linear + root), line);
        }

        var (low, high) = (0.0, Math.Min(1, (1 - line.Margin) / line.Ratio));
        // Where the two rates would meet if both were as certain: few steps from there.
        var guess = ((na * (a - line.Margin) / line.Ratio) + (nb * b)) / (na + nb);
        var place = Math.Min(Math.Max(guess, high * 1e-6), high * (1 - 1e-6));
        for (var step = 0; step < 100 && high - low > 1e-15 * place; step++)
        {
            var (value, slope) = Score(na, nb, a, b, line, place);
            if (value > 0)
                low = place;
            else
                high = place;
            var next = place - (value / slope);
            // Each such step has twice the digits of the one before: after this one there are no more to gain.
            if (Math.Abs(next - place) <= 1e-9 * place)
                return Inside(next, line);
            place = next > low && next < high ? next : low + ((high - low) / 2);
        }

        return Inside(place, line);
    }

    private static (double Value, double Slope) Score(double na, double nb, double a, double b, Line line, double place)
    {
        var x = line.At(place);
        var (candidate, baseline) = (1 / (x * (1 - x)), 1 / (place * (1 - place)));
        var (sa, sb) = ((a - x) * candidate, (b - place) * baseline);
        // s' = −1/(x°(1 − x°)) − s (1 − 2x°)/(x°(1 − x°))
        return (
            (line.Ratio * na * sa) + (nb * sb),
            -(line.Ratio * line.Ratio * na * candidate * (1 + (sa * (1 - (2 * x))))) - (nb * baseline * (1 + (sb * (1 - (2 * place))))));
    }

    private static double Inside(double place, Line line) =>
        Math.Clamp(place, Least, Math.Min(1, (1 - line.Margin) / line.Ratio) * (1 - Least));

    private static double LogLikelihoodRatio(double requests, double hits, double rate, double other)
    {
        var misses = requests - hits;
        return (hits == 0 ? 0 : hits * Math.Log(rate / other))
            + (misses == 0 ? 0 : misses * LogTail.LogOnePlus((other - rate) / (1 - other)));
    }
}
