using System.Globalization;
using Towpath.Core;
using Towpath.Core.Agents;

namespace Towpath.Simulation.Outside;

/// <summary>What the routers would count of two versions.</summary>
internal static class SimulatedTraffic
{
    /// <summary>The part of its requests that a worse version fails.</summary>
    public const double WorseErrors = 0.2;

    /// <summary>Versions whose queue is longer have a fault that no router sees.</summary>
    public const double LongQueue = 100;

    private const int Candidates = 2_000;
    private const double UsualErrors = 0.002;

    public static TrafficHistory History(Random random) => random.Next(10) == 0
        ? TrafficHistory.None
        : new TrafficHistory(400, 100_000, 200, [50_000, 1_000], [10, 80]);

    /// <returns>Null: the share did not hold all the time.</returns>
    public static TrafficMeasure? Measure(Random random, MeasureTraffic command, bool isBad)
    {
        if (random.Next(20) == 0)
            return null;
        // Nights, in which nobody asks for anything.
        if (random.Next(8) == 0)
            return new TrafficMeasure(command.Share, Counts(command, 0, 0), Counts(command, 0, 0)) { Seconds = command.For.TotalSeconds };
        var baseline = (long)(Candidates * (1 - command.Share) / command.Share);
        return new TrafficMeasure(
            command.Share, Counts(command, Candidates, isBad || IsWorse(command.Plan.Commit) ? WorseErrors : UsualErrors),
            Counts(command, baseline, UsualErrors))
        {
            Seconds = command.For.TotalSeconds,
        };
    }

    /// <summary>Sources fail now and then, and those of some versions never say a number.</summary>
    public static ValueList<MetricSample> Samples(Random random, MeasureTraffic command) => command.Metrics.Select(question =>
        IsSilent(command.Plan.Commit) || random.Next(4) == 0
            ? new MetricSample(question.Metric, question.OfLive, null, "Nobody answers.")
            : new MetricSample(question.Metric, question.OfLive, !question.OfLive && IsSlow(command.Plan.Commit) ? 2 * LongQueue : LongQueue / 2, "")).ToValueList();

    /// <summary>Its metrics have never a number.</summary>
    public static bool IsSilent(string commit) => NumberOf(commit) % 4 == 2;

    /// <summary>Nothing that the router counts says so, and the length of its queue does.</summary>
    public static bool IsSlow(string commit) => NumberOf(commit) % 5 == 4;

    /// <summary>It passes every check, and its users see what it is.</summary>
    public static bool IsWorse(string commit) => NumberOf(commit) % 6 == 1;

    private static long NumberOf(string commit) => long.Parse(commit, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static TrafficCounts Counts(MeasureTraffic command, long requests, double errors) =>
        new(requests, (long)(requests * errors), command.Edges.Select((_, index) => index == 0 ? requests / 2 : requests / 100).ToValueList());
}
