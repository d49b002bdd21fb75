using Towpath.Core.Environments.Analysis.Numerics;

namespace Towpath.Core.Environments.Analysis;

/// <summary>The e-process of 2×2 blocks against one hypothesis, averaged over several alternatives.</summary>
/// <param name="Line">Where the hypothesis ends.</param>
/// <param name="Below">The hypothesis: the candidate's rate is on the line or below; false: on it or above.</param>
/// <param name="Logs">ln of weight times value so far, one for each alternative.</param>
public sealed record RateTest(Line Line, bool Below, ValueList<double> Logs)
{
    /// <summary>Where between the baseline's rate (0) and the line (1) the rates lie that promotion bets on.</summary>
    public static ValueList<double> PromotionPlaces { get; } = [0, 0.25, 0.5];

    private static readonly ValueList<double> PromotionLogs = [Math.Log(0.6), Math.Log(0.3), Math.Log(0.1)];

    /// <summary>Against "at most on the line", with the even weights of the grid of ratios.</summary>
    public static RateTest OfWorse(Line line) => new(line, true, RatioGrid.EvenLogs);

    /// <summary>Against "worse than the baseline by the margin or more".</summary>
    public static RateTest OfNotWorse(double margin) => new(new Line(1, margin), false, PromotionLogs);

    /// <summary>ln E; summed up once, so <c>with</c> is not for <see cref="Logs"/>.</summary>
    public double LogE { get; } = LogTail.Sum(Logs);

    /// <param name="b">The baseline's rate, guessed before the block was seen.</param>
    /// <param name="rates">The candidate's, one for each alternative.</param>
    /// <param name="dispersion">At least 1: each request counts as so many fewer.</param>
    public RateTest Add(Block block, double b, IReadOnlyList<double> rates, double dispersion = 1)
    {
        var logs = new double[Logs.Count];
        for (var k = 0; k < logs.Length; k++)
            logs[k] = Logs[k] + (TwoByTwo.LogS(block, rates[k], b, Line, Below) / dispersion);
        return new(Line, Below, ValueList.Create<double>(logs));
    }

    public RateTest AddNotWorse(Block block, double b, double dispersion = 1) =>
        Add(block, b, PromotionPlaces.Select(place => Math.Min(RatioGrid.RateAtMost, b + (place * Line.Margin))).ToArray(), dispersion);
}
