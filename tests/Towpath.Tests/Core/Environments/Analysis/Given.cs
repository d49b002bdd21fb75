using Towpath.Core;
using Towpath.Core.Environments.Analysis;

namespace Towpath.Tests.Core.Environments.Analysis;

/// <summary>Traffic to judge. Rates come out exactly, without chance.</summary>
internal static class Given
{
    public static ValueList<double> EdgeRates { get; } = [0.5, 0.25, 0.1, 0.05, 0.01];

    public static Evidence Evidence(double errors, double requestsPerSecond = 100) =>
        Towpath.Core.Environments.Analysis.Evidence.Begin(AnalysisSettings.For(requestsPerSecond), History(errors, requestsPerSecond));

    public static LiveHistory History(double errors, double requestsPerSecond) => new(
        requestsPerSecond, 1_000_000, (long)(1_000_000 * errors), EdgeRates.Select(rate => (long)(1_000_000 * rate)).ToValueList(),
        [10, 20, 40, 80, 250]);

    public static RateComparison Rates(double past) => RateComparison.Begin(past, 1.25, 0);

    /// <param name="slower">How many times as often as usual the candidate is slower than each edge.</param>
    public static TrafficBin Bin(
        double share, long candidate, double candidateErrors, long baseline, double baselineErrors, double slower = 1) =>
        new(share, Arm(candidate, candidateErrors, slower), Arm(baseline, baselineErrors, 1));

    public static ArmCounts Arm(long requests, double errors, double slower = 1) => new(
        requests, (long)Math.Round(requests * errors),
        EdgeRates.Select(rate => (long)Math.Round(requests * Math.Min(1, rate * slower))).ToValueList());

    public static Evidence Repeated(Evidence evidence, int times, TrafficBin bin) =>
        Enumerable.Repeat(bin, times).Aggregate(evidence, (state, next) => state.Add(next));
}
