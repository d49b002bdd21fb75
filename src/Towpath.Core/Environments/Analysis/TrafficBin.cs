namespace Towpath.Core.Environments.Analysis;

/// <summary>What one version did in one stretch of time. Counts that cannot be are cut: no more errors than requests.</summary>
/// <param name="Requests">That were answered, or should have been.</param>
/// <param name="Errors">Of these.</param>
/// <param name="Slower">Of these, how many were slower than each edge of <see cref="LiveHistory.Edges"/>; empty: not measured.</param>
public sealed record ArmCounts(long Requests, long Errors, ValueList<long> Slower)
{
    public static ArmCounts None { get; } = new(0, 0, []);
}

/// <summary>One measurement of the traffic.</summary>
/// <param name="Share">Of the traffic that was meant for the candidate, 0 to 1. What it got is read from the counts.</param>
/// <param name="Baseline">What is live, at the same time.</param>
/// <param name="Twin">
/// A random part of <paramref name="Baseline"/> that was counted apart, by client, where the router can tell clients: with it the
/// live version is compared with itself. Null: not known.
/// </param>
/// <param name="Length">How many times <see cref="AnalysisSettings.BinSeconds"/> it lasted; at least 1.</param>
public sealed record TrafficBin(double Share, ArmCounts Candidate, ArmCounts Baseline, ArmCounts? Twin = null, int Length = 1);

/// <summary>What the live version did before the candidate came.</summary>
/// <param name="RequestsPerSecond">Its traffic.</param>
/// <param name="Slower">How many of the requests were slower than each edge; by definition about half, a quarter, a tenth...</param>
/// <param name="Edges">Milliseconds, ascending: its p50, p75, p90, p95 and p99, as far as the histogram's buckets allow.</param>
public sealed record LiveHistory(
    double RequestsPerSecond, long Requests, long Errors, ValueList<long> Slower, ValueList<double> Edges)
{
    private const double GuessedRate = 0.005;
    private const double GuessCounts = 100;

    /// <summary>Nothing is known: no latency is judged, and half a percent of errors is guessed.</summary>
    public static LiveHistory None { get; } = new(0, 0, 0, [], []);

    /// <summary>Never 0 nor 1: the guess counts as a hundred requests.</summary>
    public double ErrorRate => RateOf(Errors);

    public double SlowerRate(int edge) => RateOf(Slower[edge]);

    private double RateOf(long hits) =>
        (Math.Clamp(hits, 0, Math.Max(0, Requests)) + (GuessedRate * GuessCounts)) / (Math.Max(0, Requests) + GuessCounts);
}
