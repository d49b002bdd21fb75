using Towpath.Engine.Agents;
using Towpath.Engine.Views;
using Towpath.Protocol.Agent;
using Towpath.Protocol.Measures;

namespace Towpath.Tests.Engine.Agents;

/// <summary>The figures of people: how apps have answered in the last minute.</summary>
public sealed class LiveHealthTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private readonly SetTime time = new(DateTimeOffset.UnixEpoch);
    private readonly LiveHealth health;

    public LiveHealthTests() => health = new LiveHealth(time);

    [Fact]
    public void Figures_are_those_of_about_the_last_minute()
    {
        Assert.Null(Production);
        // A bad hour ago, which ended a minute ago.
        Samples(100, requests: 1000, failures: 500, milliseconds: 900);
        Samples(12, requests: 50, failures: 1, milliseconds: 20);
        var figures = Production!;
        Assert.Equal((10, 0.02, 60), (figures.RequestsPerSecond, figures.Errors, figures.Seconds));
        Assert.InRange(figures.P95Ms!.Value, 19.5, 20.5);
        // The picture goes further back.
        Assert.Equal(LiveHealth.SamplesAtMost, figures.Points.Count);
        Assert.Equal([new HealthPoint(200, 100), new HealthPoint(10, 0.2)], [figures.Points[0], figures.Points[^1]]);
    }

    [Fact]
    public void Slow_answers_are_seen_where_one_of_twenty_is_slow()
    {
        Take(Sample(200, 0, (10, 185), (300, 15)));
        Assert.InRange(Production!.P95Ms!.Value, 290, 310);
        time.Pass(Interval);
        Take(Sample(200, 0, (10, 200)));
        Assert.InRange(Production!.P95Ms!.Value, 9.8, 10.2);
    }

    [Fact]
    public void Without_requests_there_are_no_errors_and_no_times()
    {
        Samples(3, requests: 0, failures: 0, milliseconds: null);
        Assert.Equal((0, 0, null), (Production!.RequestsPerSecond, Production.Errors, Production.P95Ms));
        Samples(1, requests: 4, failures: 4, milliseconds: null);
        Assert.Equal((1, null), (Production!.Errors, Production.P95Ms));
    }

    [Fact]
    public void What_nobody_speaks_of_has_no_figures_and_begins_anew()
    {
        Samples(20, requests: 10, failures: 0, milliseconds: 5);
        time.Pass(LiveHealth.SilentAfter);
        Assert.NotNull(Production);
        time.Pass(TimeSpan.FromSeconds(1));
        Assert.Null(Production);
        Samples(1, requests: 10, failures: 0, milliseconds: 5);
        Assert.Equal((1, 5), (Production!.Points.Count, Production.Seconds));
        Assert.Null(health.Of("shop", "staging"));
    }

    [Fact]
    public void Environments_are_bounded_and_the_silent_ones_go_first()
    {
        for (var i = 0; i <= LiveHealth.EnvironmentsAtMost; i++)
        {
            Take(Sample(1, 0), $"place{i}");
            time.Pass(TimeSpan.FromMilliseconds(1));
        }

        Assert.Null(health.Of("shop", "place0"));
        Assert.NotNull(health.Of("shop", "place1"));
        Assert.NotNull(health.Of("shop", $"place{LiveHealth.EnvironmentsAtMost}"));
    }

    [Fact]
    public void Nonsense_is_passed_over()
    {
        Take(new EnvironmentHealth { Requests = 5 });
        Take(Sample(1, 2));
        Take(Sample(-1, 0));
        Take(new EnvironmentHealth { SpanMs = 5000, Requests = 5, Buckets = { 1 } });
        Take(new EnvironmentHealth { SpanMs = 5000, Requests = 5, Buckets = { LatencyBuckets.Count }, Counts = { 1 } });
        Take(new EnvironmentHealth { SpanMs = 5000, Requests = 5, Buckets = { 1 }, Counts = { -1 } });
        Take(Sample(1, 0), new string('x', 1000));
        Assert.Null(Production);
    }

    private HealthView? Production => health.Of("shop", "production");

    private void Samples(int count, long requests, long failures, int? milliseconds)
    {
        for (var i = 0; i < count; i++)
        {
            time.Pass(Interval);
            Take(milliseconds is { } took ? Sample(requests, failures, (took, requests - failures)) : Sample(requests, failures));
        }
    }

    private void Take(EnvironmentHealth sample, string environment = "production")
    {
        sample.Project = "shop";
        sample.Environment = environment;
        health.Take(new HealthReport { Environments = { sample } });
    }

    private static EnvironmentHealth Sample(long requests, long failures, params (int Milliseconds, long Count)[] latency)
    {
        var sample = new EnvironmentHealth { SpanMs = (uint)Interval.TotalMilliseconds, Requests = requests, Failures = failures };
        sample.Buckets.AddRange(latency.Select(one => (uint)LatencyBuckets.IndexOf(one.Milliseconds * 1000)));
        sample.Counts.AddRange(latency.Select(one => one.Count));
        return sample;
    }
}
