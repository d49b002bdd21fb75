using Towpath.Core;
using Towpath.Core.Environments.Analysis;
using Towpath.Core.Environments.Analysis.Numerics;

namespace Towpath.Bench.Canary;

/// <summary>A version whose requests take longer right after its start: (1 + slower · e^(−t/τ)) times as long, lognormal with σ = 0.8.</summary>
/// <param name="PerSecond">Requests to both versions; the new one has a fifth of them.</param>
/// <param name="Seconds">τ.</param>
internal sealed record ColdStart(double PerSecond, double Slower, double Seconds)
{
    /// <summary>α, and what a tail of the cold start leaves when nobody can tell it from chance any more.</summary>
    public const double TakenBackAtMost = 0.05;

    private const double Share = 0.2;
    private const double Sigma = 0.8;
    private const int BinSeconds = 10;
    private const int Bins = 60;

    private static readonly double[] EdgeRates = [0.5, 0.25, 0.1, 0.05, 0.01];

    public static IReadOnlyList<ColdStart> All { get; } = [new(20, 2, 10), new(20, 4, 30), new(200, 2, 10), new(200, 2, 20), new(200, 4, 30)];

    public string Name => $"{PerSecond:0}/s, {1 + Slower:0} times as long at first, tau {Seconds:0} s";

    /// <param name="times">How many times as long its requests take when it is warm.</param>
    /// <returns>The second in which it was taken back; null: it was not.</returns>
    public double? TakenBack(Draws draws, double times, bool settles)
    {
        var settings = AnalysisSettings.For(PerSecond) with { LatencySettles = settles };
        ValueList<long> slower = [.. EdgeRates.Select(rate => (long)(100_000 * rate))];
        var evidence = Evidence.Begin(settings, new LiveHistory(PerSecond, 100_000, 100, slower, [10, 20, 40, 80, 250]));
        for (var bin = 0; bin < Bins; bin++)
        {
            var factor = times * (1 + (Slower * Math.Exp(-(bin + 0.5) * BinSeconds / Seconds)));
            evidence = evidence.Add(new TrafficBin(Share, Arm(draws, Share, factor), Arm(draws, 1 - Share, 1)));
            if (evidence.HighestWorse >= Math.Log(1 / settings.Alpha))
                return (bin + 1) * BinSeconds;
        }

        return null;
    }

    private ArmCounts Arm(Draws draws, double share, double factor)
    {
        var (requests, slower) = (draws.Poisson(PerSecond * BinSeconds * share), new List<long>());
        var (left, rate) = (requests, 1.0);
        foreach (var usual in EdgeRates)
        {
            // Slower than an edge are some of those that are slower than the one before.
            var own = NormalDistribution.Lower(NormalDistribution.Quantile(usual) + (Math.Log(factor) / Sigma));
            (left, rate) = (draws.Binomial(left, Math.Min(1, own / rate)), own);
            slower.Add(left);
        }

        return new(requests, 0, slower.ToValueList());
    }
}
