using System.Globalization;
using Google.Protobuf.Collections;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;
using Towpath.Protocol.Measures;
using Towpath.Protocol.Router;

namespace Towpath.Agent.Apps;

/// <summary>Gives a release a share of the traffic, and counts what it and the live one answer.</summary>
internal static class CanaryStages
{
    private static readonly TimeSpan LookPause = TimeSpan.FromMilliseconds(200);
    private static readonly double[] Quantiles = [0.5, 0.75, 0.9, 0.95, 0.99];

    /// <summary>What the live release has answered since the router counts it.</summary>
    public static async Task<StageEnded> SurveyAsync(StageWork work, SurveyTraffic command)
    {
        var live = command.Live;
        if (work.Environment.State.Find(live) is not { } release)
            return StageWork.Errored($"{live} is not on this machine: there is nothing to compare with.");
        var before = await ReadAsync(work, AppsOf(release));
        await Task.Delay(command.For, work.Parts.Time, work.Cancel);
        var after = await ReadAsync(work, AppsOf(release));
        var now = before.Zip(after).Where(pair => pair.First.Baseline.Epoch == pair.Second.Baseline.Epoch)
            .Sum(pair => pair.Second.Baseline.Requests - pair.First.Baseline.Requests);
        var counted = after.Where(reading => reading.Baseline.Release == live).Select(reading => reading.Baseline).ToList();
        var latency = Sum(counted.Select(measures => (IReadOnlyList<long>)measures.Latency));
        // Two percentiles in one bucket are one edge: it would only be counted twice.
        ValueList<double> edges = latency.Any(count => count > 0)
            ? Percentiles(latency).Distinct().ToValueList()
            : [];
        var history = new TrafficHistory(
            now / command.For.TotalSeconds, counted.Sum(measures => measures.Requests), counted.Sum(measures => measures.Failures),
            edges.Select(edge => SlowerThan(edge, latency)).ToValueList(), edges);
        work.Say(history.Requests == 0
            ? $"{live} has answered no request yet"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{live} has answered {history.Requests} requests, {100.0 * history.Errors / history.Requests:0.##} % with an error"));
        return StageWork.Succeeded with { History = history };
    }

    public static async Task<StageEnded> MeasureAsync(StageWork work, MeasureTraffic command)
    {
        var (environment, name) = (work.Environment, work.Plan.Release);
        if (environment.State.Find(name) is not { Started: true } release)
            return StageWork.Errored($"{name} was not started on this machine.");
        // Not started again: a version that crashes while it gets requests has said enough.
        if (Crashed(environment, name) is { } crashed)
            return StageWork.Failed(crashed);
        if (await environment.EnsureHealthyAsync(release, app => app.Overlap, work.Say, work.Cancel) is { } unwell)
            return StageWork.Failed(unwell);
        // Somebody went back on this machine meanwhile: nothing is lent against that, and nothing that is counted means anything.
        if (environment.State.Live?.Release != command.Live)
        {
            await Task.Delay(command.For, work.Parts.Time, work.Cancel);
            return StageWork.Succeeded;
        }

        var canary = new CanaryTraffic(name, (int)Math.Round(command.Share * CanaryTraffic.Whole), command.Sticky) { Testers = command.Testers };
        var isNews = environment.State.Canary != canary;
        await environment.ChangeAsync(state => state with { Canary = canary });
        if (await environment.LendAsync(command.Lease, work.Cancel) is { } problem)
            return StageWork.Errored(problem);
        if (isNews)
            work.Say(string.Create(CultureInfo.InvariantCulture, $"{name} gets {command.Share * 100:0.##} % of the requests now"));

        var apps = AppsOf(environment.State.Find(command.Live)!).Intersect(AppsOf(release)).ToList();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(work.Cancel);
        var asking = MetricSources.AskAsync(work, release, command.Metrics, over.Token);
        try
        {
            var before = await ReadAsync(work, apps);
            if (await AwaitAsync(work, command.For) is { } ended)
                return StageWork.Failed(ended);
            var after = await ReadAsync(work, apps);
            return StageWork.Succeeded with { Traffic = Compare(command, before, after), Samples = await asking };
        }
        finally
        {
            // Commands of metrics do not outlive the measurement, however it ends.
            await over.CancelAsync();
            await ((Task)asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Static apps and those that do not listen have no share: they change when all of the traffic does.</summary>
    private static List<string> AppsOf(HostedRelease release) =>
        [.. release.Processes.Where(app => release.Listen.ContainsKey(app.Name)).Select(app => app.Name)];

    private static async Task<List<Measurement>> ReadAsync(StageWork work, List<string> apps)
    {
        var readings = new List<Measurement>();
        foreach (var app in apps)
            readings.Add(await work.Parts.Router.MeasureAsync(work.Environment.RouteOf(app), work.Cancel));
        return readings;
    }

    /// <summary>Null when the time is over, or how an instance ended before.</summary>
    private static async Task<string?> AwaitAsync(StageWork work, TimeSpan time)
    {
        var clock = work.Parts.Time;
        var begun = clock.GetTimestamp();
        while (true)
        {
            if (Crashed(work.Environment, work.Plan.Release) is { } crashed)
                return crashed;
            var left = time - clock.GetElapsedTime(begun);
            if (left <= TimeSpan.Zero)
                return null;
            await Task.Delay(left < LookPause ? left : LookPause, clock, work.Cancel);
        }
    }

    private static string? Crashed(HostedEnvironment environment, string release) =>
        environment.InstancesOf(release).FirstOrDefault(instance => instance.Standing == InstanceStanding.Ended || !instance.IsAlive) is { } crashed
            ? $"{crashed.HowItEnded()} while it got requests."
            : null;

    /// <summary>Null when the share did not hold all the time, or the counters began anew in between.</summary>
    private static TrafficMeasure? Compare(MeasureTraffic command, List<Measurement> before, List<Measurement> after)
    {
        var pairs = before.Zip(after).ToList();
        if (pairs.Exists(pair => !IsSame(pair.First, pair.Second)))
            return null;
        return new TrafficMeasure(
            command.Share,
            Count(command.Edges, pairs.Select(pair => (pair.First.Canary, pair.Second.Canary))),
            Count(command.Edges, pairs.Select(pair => (pair.First.Baseline, pair.Second.Baseline))))
        {
            Seconds = command.For.TotalSeconds,
        };
    }

    private static bool IsSame(Measurement before, Measurement after) =>
        before.Shifts == after.Shifts && before.FollowedShare == before.Share
        && before.Baseline.Epoch == after.Baseline.Epoch && before.Canary?.Epoch is { } epoch && epoch == after.Canary?.Epoch;

    private static TrafficCounts Count(ValueList<double> edges, IEnumerable<(VersionMeasures Before, VersionMeasures After)> readings)
    {
        var pairs = readings.ToList();
        var latency = Sum(pairs.Select(pair => Difference(pair.Before.Latency, pair.After.Latency)));
        return new TrafficCounts(
            pairs.Sum(pair => pair.After.Requests - pair.Before.Requests),
            pairs.Sum(pair => pair.After.Failures - pair.Before.Failures),
            edges.Select(edge => SlowerThan(edge, latency)).ToValueList())
        {
            Percentiles = latency.Any(count => count > 0) ? Percentiles(latency).ToValueList() : [],
        };
    }

    /// <summary>Milliseconds.</summary>
    private static IEnumerable<double> Percentiles(long[] latency) =>
        Quantiles.Select(part => Math.Max(TrafficHistory.LeastEdge, LatencyBuckets.Quantile(latency, part)!.Value / 1000));

    /// <summary>Those in the edge's own bucket are not: both versions are counted alike.</summary>
    private static long SlowerThan(double edge, long[] latency) => latency.Skip(LatencyBuckets.IndexOf((long)(edge * 1000)) + 1).Sum();

    private static long[] Difference(RepeatedField<long> before, RepeatedField<long> after) =>
        [.. after.Select((count, index) => count - (index < before.Count ? before[index] : 0))];

    private static long[] Sum(IEnumerable<IReadOnlyList<long>> histograms)
    {
        var sum = new long[LatencyBuckets.Count];
        foreach (var histogram in histograms)
        {
            for (var index = 0; index < histogram.Count; index++)
                sum[index] += histogram[index];
        }

        return sum;
    }
}
