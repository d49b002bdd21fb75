using Towpath.Core.Environments.Analysis;
using Towpath.Core.Environments.Analysis.Numerics;

namespace Towpath.Bench.Canary;

/// <summary>How many requests it takes until something is clear.</summary>
internal static class Waits
{
    private const double Share = 0.05;
    private const int BinRequests = 100;
    private const double Sigma = 0.8;
    private const long TooLong = 50_000_000;

    /// <summary>The live version's p50, p75, p90, p95 and p99.</summary>
    public static readonly IReadOnlyList<double> EdgeRates = [0.5, 0.25, 0.1, 0.05, 0.01];

    /// <summary>Requests to both until errors alone roll back a version that fails <paramref name="times"/> as often, error by error.</summary>
    public static double UntilRollback(Draws draws, double rate, double times, double share, double alpha)
    {
        var (own, all) = (share * times / (1 - share + (share * times)), rate * (1 - share + (share * times)));
        var (errors, requests) = (ErrorRatio.Begin(1), 0L);
        while (errors.LogE < Math.Log(1 / alpha) && requests < TooLong)
        {
            requests += draws.Geometric(all);
            errors = draws.Uniform() < own ? errors.Add(share, 1, 0) : errors.Add(share, 0, 1);
        }

        return requests;
    }

    /// <summary>The same for Wald's test, which knows how much worse the version is: nothing can be faster.</summary>
    public static double UntilOracle(Draws draws, double rate, double times, double share, double alpha)
    {
        var (own, all) = (share * times / (1 - share + (share * times)), rate * (1 - share + (share * times)));
        var (log, requests) = (0.0, 0L);
        while (log < Math.Log(1 / alpha) && requests < TooLong)
        {
            requests += draws.Geometric(all);
            log += draws.Uniform() < own ? Math.Log(own / share) : Math.Log((1 - own) / (1 - share));
        }

        return requests;
    }

    /// <summary>Whether equal versions are ever told apart while <paramref name="errors"/> errors come, looked at after each at first.</summary>
    public static bool IsEverWorse(Draws draws, double share, int errors, double alpha)
    {
        var (evidence, done) = (ErrorRatio.Begin(1), 0);
        while (done < errors)
        {
            var step = done < 1000 ? 1 : 50;
            var own = draws.Binomial(step, share);
            evidence = evidence.Add(share, own, step - own);
            done += step;
            if (evidence.LogE >= Math.Log(1 / alpha))
                return true;
        }

        return false;
    }

    /// <summary>
    /// Requests to both until latency rolls back. Times are lognormal with σ = 0.8.
    /// </summary>
    /// <param name="slow">The share of the new version's requests that takes longer.</param>
    /// <param name="times">How many times as long.</param>
    public static double UntilSlower(Draws draws, double slow, double times, double alpha)
    {
        var edges = EdgeRates.Select(rate => RateComparison.Begin(rate, 1, 0)).ToArray();
        var shifted = EdgeRates.Select(rate => (rate * (1 - slow))
            + (slow * NormalDistribution.Lower((Math.Log(times) / Sigma) + NormalDistribution.Quantile(rate)))).ToArray();
        var (requests, highest) = (0L, 0.0);
        while (highest < Math.Log(1 / alpha) && requests < TooLong)
        {
            var candidate = draws.Binomial(BinRequests, Share);
            var (own, live) = (Slower(draws, candidate, shifted), Slower(draws, BinRequests - candidate, EdgeRates));
            for (var edge = 0; edge < edges.Length; edge++)
                edges[edge] = edges[edge].Add(new Block(candidate, own[edge], BinRequests - candidate, live[edge]), null);
            requests += BinRequests;
            highest = LogTail.Mean(edges.Select(edge => edge.LogWorse).ToList());
        }

        return requests;
    }

    /// <summary>The new version's requests until a version that is not worse may advance.</summary>
    public static double UntilPromotion(Draws draws, double rate, double margin, double threshold)
    {
        var (errors, requests) = (RateComparison.Begin(rate, 1.25, 0).AtMargin(margin), 0L);
        while (errors.NotWorse.LogE < Math.Log(threshold) && requests < TooLong)
        {
            var candidate = draws.Binomial(BinRequests, Share);
            errors = errors.Add(
                new Block(candidate, draws.Binomial(candidate, rate), BinRequests - candidate, draws.Binomial(BinRequests - candidate, rate)), null);
            requests += candidate;
        }

        return requests;
    }

    /// <summary>Of so many requests, those that are slower than each edge: what is slower than one is also slower than those before it.</summary>
    private static long[] Slower(Draws draws, long requests, IReadOnlyList<double> rates)
    {
        var (counts, among, rate) = (new long[rates.Count], requests, 1.0);
        for (var edge = 0; edge < rates.Count; edge++)
        {
            counts[edge] = among = draws.Binomial(among, rates[edge] / rate);
            rate = rates[edge];
        }

        return counts;
    }
}
