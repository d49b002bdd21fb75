using Towpath.Core;
using Towpath.Core.Environments.Analysis;

namespace Towpath.Bench.Canary;

/// <summary>How long a rollout of a version that fails more is expected to take, by the product's own judge in seeded simulation.</summary>
internal static class Prediction
{
    private const double WarmUpSeconds = 10;
    private const double HistorySeconds = 60;
    private const int BinsAtMost = 10_000;

    /// <summary>What passes one of the live version's percentiles, of those that passed the one before: p50, p75, p90, p95, p99.</summary>
    private static readonly double[] Further = [0.5, 0.5, 0.4, 0.5, 0.2];

    /// <summary>Requests to both versions from the first of the new one until it is rolled back; whole measurements, warm-up included.</summary>
    /// <param name="rate">Errors of the live version, as a share of its requests.</param>
    /// <param name="candidate">The same of the new one.</param>
    /// <param name="bin">How long is measured at a time.</param>
    public static IReadOnlyList<double> Requests(
        double perSecond, double rate, double candidate, double share, double alpha, TimeSpan bin, int trials) =>
    [
        .. Enumerable.Range(0, trials).AsParallel().AsOrdered()
            .Select(trial => Bins(new Draws(trial), perSecond, rate, candidate, share, alpha, bin) * bin.TotalSeconds * perSecond),
    ];

    /// <summary>
    /// The median of values that come in steps, by the line through the step that it falls into: of two or three steps, the plain
    /// one jumps from step to step by chance.
    /// </summary>
    public static double MedianOfSteps(IReadOnlyList<double> values, double step)
    {
        var below = 0;
        foreach (var same in values.GroupBy(value => Math.Round(value / step)).OrderBy(same => same.Key))
        {
            if (2 * (below + same.Count()) >= values.Count)
                return (same.Key - 1 + (((values.Count / 2.0) - below) / same.Count())) * step;
            below += same.Count();
        }

        throw new ArgumentException("There is no value.", nameof(values));
    }

    private static int Bins(Draws draws, double perSecond, double rate, double candidate, double share, double alpha, TimeSpan bin)
    {
        var settings = AnalysisSettings.For(perSecond) with
        {
            Alpha = alpha,
            BinSeconds = bin.TotalSeconds,
            WarmUpBins = (int)Math.Ceiling(WarmUpSeconds / bin.TotalSeconds),
        };
        var before = Arm(draws, perSecond * HistorySeconds, rate);
        var history = new LiveHistory(perSecond, before.Requests, before.Errors, before.Slower, [1, 2, 3, 4, 5]);
        var evidence = Evidence.Begin(settings, history);
        var requests = perSecond * bin.TotalSeconds;
        for (var bins = 1; bins < BinsAtMost; bins++)
        {
            evidence = evidence.Add(new TrafficBin(
                share, Arm(draws, requests * share, candidate), Arm(draws, requests * (1 - share), rate)));
            if (evidence.HighestWorse >= Math.Log(1 / alpha))
                return bins;
        }

        return BinsAtMost;
    }

    private static ArmCounts Arm(Draws draws, double expected, double rate)
    {
        var requests = draws.Poisson(expected);
        var errors = draws.Binomial(requests, rate);
        var (slower, left) = (new List<long>(), requests - errors);
        foreach (var part in Further)
            slower.Add(left = draws.Binomial(left, part));
        return new(requests, errors, slower.ToValueList());
    }
}
