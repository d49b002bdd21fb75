using Towpath.Agent.Apps;
using Towpath.Protocol.Agent;
using Towpath.Protocol.Measures;
using Towpath.Protocol.Router;

namespace Towpath.Tests.Agent.Apps;

/// <summary>What an agent makes of the router's counters, which only grow.</summary>
public sealed class HealthReadingsTests
{
    private readonly SetTime time = new(DateTimeOffset.UnixEpoch);
    private readonly HealthReadings readings;

    public HealthReadingsTests() => readings = new HealthReadings(time);

    [Fact]
    public void Only_what_happened_since_the_last_reading_is_told()
    {
        Assert.Empty(Next(Web(Version(1, requests: 1_000_000, failures: 900_000, fast: 100_000))).Environments);
        var told = Assert.Single(Next(Web(Version(1, requests: 1_000_050, failures: 900_002, fast: 100_040))).Environments);
        Assert.Equal(("shop", "production", 5000u), (told.Project, told.Environment, told.SpanMs));
        Assert.Equal((50, 2), (told.Requests, told.Failures));
        Assert.Equal([(7u, 40L)], told.Buckets.Zip(told.Counts));
        var quiet = Assert.Single(Next(Web(Version(1, requests: 1_000_050, failures: 900_002, fast: 100_040))).Environments);
        Assert.Equal((0, 0, 0), (quiet.Requests, quiet.Failures, quiet.Buckets.Count));
    }

    [Fact]
    public void Both_versions_and_those_whom_a_comparison_leaves_out_count_together()
    {
        Next(Web(Version(1, requests: 10), Version(2, requests: 10)));
        var canary = Version(2, requests: 15, failures: 1);
        canary.Testers = new Tally { Requests = 3, Failures = 1 };
        canary.Streams = new Tally { Requests = 1 };
        canary.Upgrades = new Tally { Requests = 2, Failures = 1 };
        canary.Aborted = new Tally { Requests = 4 };
        var told = Assert.Single(Next(Web(Version(1, requests: 20), canary)).Environments);
        Assert.Equal((25, 3), (told.Requests, told.Failures));
    }

    [Fact]
    public void Version_that_is_new_began_at_nothing_and_one_that_takes_over_goes_on()
    {
        Next(Web(Version(1, requests: 500)));
        Assert.Equal(507, Next(Web(Version(1, requests: 1000), Version(2, requests: 7))).Environments[0].Requests);
        Assert.Equal(3, Next(Web(Version(2, requests: 10))).Environments[0].Requests);
        // The router was replaced, and counts from the beginning.
        Assert.Equal(4, Next(Web(Version(3, requests: 4))).Environments[0].Requests);
    }

    [Fact]
    public void What_could_not_be_read_begins_anew()
    {
        Next(Web(Version(1, requests: 10)));
        Assert.Empty(Next().Environments);
        Assert.Empty(Next(Web(Version(1, requests: 10_000))).Environments);
        Assert.Equal(1, Next(Web(Version(1, requests: 10_001))).Environments[0].Requests);
    }

    [Fact]
    public void Apps_of_an_environment_are_told_as_one_and_environments_apart()
    {
        Next(Web(Version(1, requests: 1)), Web(Version(2, requests: 1), route: "admin"), Web(Version(3, requests: 1), environment: "staging"));
        var told = Next(Web(Version(1, requests: 3)), Web(Version(2, requests: 4), route: "admin"), Web(Version(3, requests: 6), environment: "staging"));
        Assert.Equal([("production", 5L), ("staging", 5L)], told.Environments.Select(one => (one.Environment, one.Requests)));
    }

    private HealthReport Next(params CountedRoute[] routes)
    {
        time.Pass(TimeSpan.FromSeconds(5));
        return readings.Next(routes);
    }

    private static CountedRoute Web(VersionMeasures baseline, VersionMeasures? canary = null, string route = "web", string environment = "production") => new(
        "shop", environment, new Measurement { Route = $"shop/{environment}/{route}", Baseline = baseline, Canary = canary });

    /// <param name="fast">Answers that took 7 us.</param>
    private static VersionMeasures Version(ulong epoch, long requests, long failures = 0, long fast = 0)
    {
        var version = new VersionMeasures { Epoch = epoch, Requests = requests, Failures = failures };
        version.Latency.AddRange(new long[LatencyBuckets.IndexOf(7)].Append(fast));
        return version;
    }
}
