namespace Towpath.Core.Agents;

/// <summary>What the router has counted of a release before anything is compared with it.</summary>
/// <param name="Errors">Requests that were answered with 5xx, or not at all.</param>
/// <param name="RequestsPerSecond">Just now.</param>
/// <param name="Slower">How many took longer than each edge.</param>
/// <param name="Edges">
/// Milliseconds, ascending: the 50th, 75th, 90th, 95th and 99th percentile of a complete answer's time, but at least
/// <see cref="LeastEdge"/>, and those that are the same once. Empty without requests.
/// </param>
public sealed record TrafficHistory(double RequestsPerSecond, long Requests, long Errors, ValueList<long> Slower, ValueList<double> Edges)
{
    /// <summary>
    /// Milliseconds. What is quicker is quick: below it a process that was just started differs from one that has run for days
    /// by more than a change of the program does.
    /// </summary>
    public const double LeastEdge = 5;

    public static TrafficHistory None { get; } = new(0, 0, 0, [], []);
}

/// <summary>Two releases in the same time.</summary>
/// <param name="Share">The candidate's, from 0 to 1, that held all the time.</param>
public sealed record TrafficMeasure(double Share, TrafficCounts Candidate, TrafficCounts Baseline)
{
    /// <summary>How long was counted; null: as long as one measurement of the rollout usually takes.</summary>
    public double? Seconds { get; init; }
}

/// <param name="Errors">Requests that were answered with 5xx, or not at all.</param>
/// <param name="Slower">How many took longer than each edge that was asked for.</param>
public sealed record TrafficCounts(long Requests, long Errors, ValueList<long> Slower)
{
    /// <summary>
    /// Milliseconds: the 50th, 75th, 90th, 95th and 99th percentile of a complete answer's time, at least
    /// <see cref="TrafficHistory.LeastEdge"/>. Empty without requests that were answered.
    /// </summary>
    public ValueList<double> Percentiles { get; init; } = [];
}
