using Towpath.Core.Environments.Analysis;

namespace Towpath.Bench.Canary;

/// <summary>Many simulated rollouts under one rule.</summary>
/// <param name="Minutes">When each was rolled back; null: never.</param>
internal sealed record Rollouts(IReadOnlyList<int?> Minutes)
{
    public double Share => (double)Minutes.Count(minute => minute is not null) / Minutes.Count;

    /// <summary>The minutes of those that were.</summary>
    public IEnumerable<double> Found => Minutes.Where(minute => minute is not null).Select(minute => (double)minute!.Value);

    /// <param name="times">How many times as often the new version fails.</param>
    /// <param name="minutes">After so many it is over.</param>
    public static Rollouts Simulate(Traffic traffic, double times, int minutes, int trials, int seed, Func<Rule> rule) => new(
        [.. Enumerable.Range(0, trials).AsParallel().AsOrdered().Select(trial => One(traffic, times, minutes, new Draws((seed * 1_000_003) + trial), rule()))]);

    private static int? One(Traffic traffic, double times, int minutes, Draws draws, Rule rule)
    {
        var bins = new TrafficBin[Traffic.BinsInMinute];
        for (var minute = 0; minute < minutes; minute++)
        {
            var (requests, errors) = (0L, 0L);
            for (var bin = 0; bin < bins.Length; bin++)
            {
                bins[bin] = traffic.Bin(draws, (minute * bins.Length) + bin, times);
                var twin = traffic.Twin(draws, (minute * bins.Length) + bin);
                (requests, errors) = (requests + twin.Requests, errors + twin.Errors);
            }

            if (rule.Minute(bins, new ArmCounts(requests, errors, [])))
                return minute + 1;
        }

        return null;
    }
}
