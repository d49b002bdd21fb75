using Towpath.Engine.Views;
using Towpath.Protocol.Agent;
using Towpath.Protocol.Measures;

namespace Towpath.Engine.Agents;

/// <summary>
/// What agents say of how the apps of environments answer: for people, and for nothing else. Only in memory and only so much of it;
/// without it, everything goes on as before.
/// </summary>
public sealed class LiveHealth(TimeProvider time)
{
    /// <summary>When there are more, those that were silent the longest are forgotten.</summary>
    public const int EnvironmentsAtMost = 2000;

    /// <summary>Of one environment.</summary>
    public const int SamplesAtMost = 60;

    /// <summary>What nobody has spoken of for so long has no figures.</summary>
    public static readonly TimeSpan SilentAfter = TimeSpan.FromSeconds(30);

    private const int NameAtMost = 200;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly Dictionary<(string Project, string Environment), Place> places = [];

    /// <summary>Null: there are no figures now.</summary>
    public HealthView? Of(string project, string environment)
    {
        lock (gate)
        {
            return places.TryGetValue((project, environment), out var place) && time.GetElapsedTime(place.HeardAt) <= SilentAfter
                ? place.View : null;
        }
    }

    internal void Take(HealthReport report)
    {
        var now = time.GetTimestamp();
        lock (gate)
        {
            foreach (var health in report.Environments.Where(IsSound))
            {
                var key = (health.Project, health.Environment);
                if (!places.TryGetValue(key, out var place))
                {
                    if (places.Count >= EnvironmentsAtMost)
                        places.Remove(places.MinBy(known => known.Value.HeardAt).Key);
                    places[key] = place = new Place(time);
                }

                place.Take(health, now);
            }
        }
    }

    private static bool IsSound(EnvironmentHealth health) =>
        health is { SpanMs: > 0, Requests: >= 0, Failures: >= 0 } && health.Failures <= health.Requests
        && health.Project.Length <= NameAtMost && health.Environment.Length <= NameAtMost
        && health.Buckets.Count == health.Counts.Count && health.Buckets.Count <= LatencyBuckets.Count
        && health.Buckets.All(bucket => bucket < LatencyBuckets.Count) && health.Counts.All(count => count >= 0);

    /// <summary>Guarded by the lock of its owner.</summary>
    private sealed class Place(TimeProvider time)
    {
        private readonly Queue<Sample> samples = [];
        private HealthView? view;

        public long HeardAt { get; private set; }

        /// <summary>Made when it is asked for the first time after a sample: pages ask more often than agents tell.</summary>
        public HealthView View => view ??= Sum();

        public void Take(EnvironmentHealth health, long now)
        {
            // After a silence a line through both ends of it would tell of what nobody saw.
            if (samples.Count > 0 && time.GetElapsedTime(HeardAt, now) > SilentAfter)
                samples.Clear();
            if (samples.Count == SamplesAtMost)
                samples.Dequeue();
            samples.Enqueue(new Sample(now, health));
            foreach (var old in samples.Where(sample => sample.Latency is not null && IsOld(sample, now)))
                old.Latency = null;
            HeardAt = now;
            view = null;
        }

        private bool IsOld(Sample sample, long now) => time.GetElapsedTime(sample.At, now) >= Window;

        private HealthView Sum()
        {
            var (requests, failures, seconds, latency) = (0L, 0L, 0.0, new long[LatencyBuckets.Count]);
            foreach (var sample in samples.Where(sample => !IsOld(sample, HeardAt)))
            {
                requests += sample.Requests;
                failures += sample.Failures;
                seconds += sample.Seconds;
                foreach (var (bucket, count) in sample.Latency ?? [])
                    latency[bucket] += count;
            }

            return new HealthView(
                requests / seconds, requests == 0 ? 0 : (double)failures / requests, LatencyBuckets.Quantile(latency, 0.95) / 1000, seconds)
            {
                Points = [.. samples.Select(sample => new HealthPoint(sample.Requests / sample.Seconds, sample.Failures / sample.Seconds))],
            };
        }
    }

    private sealed class Sample(long at, EnvironmentHealth health)
    {
        public long At { get; } = at;

        public long Requests { get; } = health.Requests;

        public long Failures { get; } = health.Failures;

        public double Seconds { get; } = health.SpanMs / 1000.0;

        /// <summary>Null when it is too old to count.</summary>
        public (int Bucket, long Count)[]? Latency { get; set; } =
            [.. health.Buckets.Zip(health.Counts, (bucket, count) => ((int)bucket, count))];
    }
}
