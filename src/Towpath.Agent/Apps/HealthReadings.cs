using Towpath.Protocol.Agent;
using Towpath.Protocol.Measures;
using Towpath.Protocol.Router;

namespace Towpath.Agent.Apps;

/// <param name="Measured">Of one route of the environment.</param>
internal sealed record CountedRoute(string Project, string Environment, Measurement Measured);

/// <summary>Makes what happened between two readings of the router's counters, which only grow.</summary>
internal sealed class HealthReadings(TimeProvider time)
{
    private Dictionary<string, Reading> before = new(StringComparer.Ordinal);

    /// <summary>
    /// What happened since the last call. A route that was not read then is left out, and so is an environment that has no other: how old
    /// its counters are is not known.
    /// </summary>
    public HealthReport Next(IReadOnlyList<CountedRoute> routes)
    {
        var (now, report) = (time.GetTimestamp(), new HealthReport());
        var after = new Dictionary<string, Reading>(StringComparer.Ordinal);
        foreach (var place in routes.GroupBy(route => (route.Project, route.Environment)))
        {
            var (health, latency) = (new EnvironmentHealth { Project = place.Key.Project, Environment = place.Key.Environment }, new long[LatencyBuckets.Count]);
            foreach (var measured in place.Select(route => route.Measured))
            {
                var versions = new[] { measured.Baseline, measured.Canary }.OfType<VersionMeasures>().ToList();
                after[measured.Route] = new Reading(now, versions);
                if (!before.TryGetValue(measured.Route, out var last))
                    continue;
                health.SpanMs = Math.Max(health.SpanMs, (uint)Math.Clamp(time.GetElapsedTime(last.At, now).TotalMilliseconds, 0, uint.MaxValue));
                foreach (var version in versions)
                    Add(health, latency, version, last.Versions.Find(known => known.Epoch == version.Epoch));
            }

            if (health.SpanMs == 0)
                continue;
            foreach (var (index, count) in latency.Index().Where(bucket => bucket.Item > 0))
            {
                health.Buckets.Add((uint)index);
                health.Counts.Add(count);
            }

            report.Environments.Add(health);
        }

        before = after;
        return report;
    }

    /// <param name="last">Null: the version is new, and so are its counters.</param>
    private static void Add(EnvironmentHealth health, long[] latency, VersionMeasures version, VersionMeasures? last)
    {
        var (requests, failures) = Totals(version);
        var (requestsBefore, failuresBefore) = last is null ? (0, 0) : Totals(last);
        health.Requests += Math.Max(0, requests - requestsBefore);
        health.Failures += Math.Max(0, failures - failuresBefore);
        for (var i = 0; i < Math.Min(version.Latency.Count, latency.Length); i++)
            latency[i] += Math.Max(0, version.Latency[i] - (i < last?.Latency.Count ? last.Latency[i] : 0));
    }

    /// <summary>The router keeps apart what would bias a comparison; who looks at an app's health wants all of it.</summary>
    private static (long Requests, long Failures) Totals(VersionMeasures version) => (
        version.Requests + Requests(version.Testers) + Requests(version.Upgrades) + Requests(version.Streams) + Requests(version.Aborted),
        version.Failures + Failures(version.Testers) + Failures(version.Upgrades) + Failures(version.Streams));

    private static long Requests(Tally? tally) => tally?.Requests ?? 0;

    private static long Failures(Tally? tally) => tally?.Failures ?? 0;

    private sealed record Reading(long At, List<VersionMeasures> Versions);
}
