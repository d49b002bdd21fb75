using Grpc.Core;
using Towpath.Protocol.Router;

namespace Towpath.Tests.Router;

/// <summary>A candidate that nobody judges any more gets nothing.</summary>
public sealed class CanaryLeaseTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task When_the_lease_lapses_the_candidate_gets_nothing_and_when_it_is_renewed_its_share_again()
    {
        await using var versions = await TwoVersions.StartAsync();
        var route = versions.Route(5000, route => route.Canary.Testers = new Testers { Header = "X-Version", Value = "next" });
        var set = await versions.Router.SetAsync(route);
        Assert.Equal((false, TwoVersions.Lease), (set.LeaseLapsed, set.LeaseLeftMs));

        versions.Time.Pass(TimeSpan.FromMilliseconds(TwoVersions.Lease - 1));
        Assert.Equal(10, await versions.CandidatesOfAsync(20));
        Assert.Equal("new", await versions.AskAsync(header: ("X-Version", "next")));
        var alive = (await versions.Router.DescribeAsync()).Routes[0];
        Assert.Equal((false, 1), (alive.LeaseLapsed, alive.LeaseLeftMs));

        versions.Time.Pass(TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, await versions.CandidatesOfAsync(40));
        Assert.Equal("old", await versions.AskAsync(header: ("X-Version", "next")));
        var lapsed = (await versions.Router.DescribeAsync()).Routes[0];
        Assert.Equal((true, 0), (lapsed.LeaseLapsed, lapsed.LeaseLeftMs));

        File.Delete(versions.RouteFile);
        var renewed = await versions.Router.SetAsync(route);
        Assert.Equal((false, TwoVersions.Lease), (renewed.LeaseLapsed, renewed.LeaseLeftMs));
        Assert.Equal(10, await versions.CandidatesOfAsync(20));
        Assert.Equal("new", await versions.AskAsync(header: ("X-Version", "next")));
        Assert.False(File.Exists(versions.RouteFile), "a renewal was written to the disk");
    }

    [Fact]
    public async Task A_lease_that_is_renewed_in_time_never_lapses()
    {
        await using var versions = await TwoVersions.StartAsync();
        for (var i = 0; i < 5; i++)
        {
            await versions.SetAsync(5000);
            versions.Time.Pass(TimeSpan.FromMilliseconds(TwoVersions.Lease - 1));
            Assert.Equal(10, await versions.CandidatesOfAsync(20));
        }
    }

    [Fact]
    public async Task After_a_restart_the_candidate_gets_nothing_until_somebody_renews_its_lease()
    {
        await using var versions = await TwoVersions.StartAsync();
        var route = versions.Route(2500, route =>
        {
            route.Canary.Sticky = false;
            route.Canary.Testers = new Testers { Cookie = "qa", Value = "1" };
        });
        await versions.Router.SetAsync(route);

        await versions.RestartAsync();

        var restored = Assert.Single((await versions.Router.DescribeAsync()).Routes);
        Assert.Equal(route, restored.Route);
        Assert.Equal((true, 0), (restored.LeaseLapsed, restored.LeaseLeftMs));
        Assert.Equal(0, await versions.CandidatesOfAsync(40));
        Assert.Equal("old", await versions.AskAsync(cookie: "qa=1"));

        await versions.Router.SetAsync(route);
        Assert.Equal(5, await versions.CandidatesOfAsync(20));
        Assert.Equal("new", await versions.AskAsync(cookie: "qa=1"));
    }

    [Fact]
    public async Task A_router_that_replaces_another_begins_without_a_lease_too()
    {
        await using var versions = await TwoVersions.StartAsync();
        var route = versions.Route(10_000, route => route.Canary.Testers = new Testers { Header = "X-Version", Value = "next" });
        await versions.Router.SetAsync(route);

        await using var successor = await versions.StartRouterAsync(replace: true);
        await versions.Router.Ended;

        Assert.True((await successor.DescribeAsync()).Routes[0].LeaseLapsed);
        Assert.Equal("old", await versions.AskAsync());
        Assert.False((await successor.SetAsync(route)).LeaseLapsed);
        Assert.Equal("new", await versions.AskAsync());
    }

    [Fact]
    public async Task A_share_is_followed_once_it_is_on_disk_and_not_when_it_cannot_be_written()
    {
        await using var versions = await TwoVersions.StartAsync();
        await versions.SetAsync(0);
        Assert.Contains("\"share\": 0", await File.ReadAllTextAsync(versions.RouteFile, Cancellation), StringComparison.Ordinal);
        // A folder in the place of the file that is written first.
        Directory.CreateDirectory(versions.Folder.At("routes.json.new", "full"));

        await Assert.ThrowsAsync<RpcException>(() => versions.SetAsync(10_000));
        Assert.Equal(0, await versions.CandidatesOfAsync(20));

        Directory.Delete(versions.Folder.At("routes.json.new"), recursive: true);
        await versions.SetAsync(10_000);
        Assert.Contains("\"share\": 10000", await File.ReadAllTextAsync(versions.RouteFile, Cancellation), StringComparison.Ordinal);
        Assert.Equal(20, await versions.CandidatesOfAsync(20));
    }

    [Fact]
    public async Task A_candidate_ends_when_it_is_taken_out_and_when_it_becomes_what_is_live()
    {
        await using var versions = await TwoVersions.StartAsync();
        await versions.SetAsync(10_000);
        Assert.Equal(20, await versions.CandidatesOfAsync(20));

        var without = await versions.SetAsync(0, route => route.Canary = null);
        Assert.Equal((false, 0), (without.LeaseLapsed, without.LeaseLeftMs));
        Assert.Equal(0, await versions.CandidatesOfAsync(20));
        Assert.DoesNotContain("canary", await File.ReadAllTextAsync(versions.RouteFile, Cancellation), StringComparison.Ordinal);

        await versions.SetAsync(0, route =>
        {
            (route.Release, route.Destinations[0]) = (route.Canary.Release, route.Canary.Destinations[0]);
            route.Canary = null;
        });
        Assert.Equal(20, await versions.CandidatesOfAsync(20));
    }

    [Fact]
    public async Task What_changed_the_share_between_two_readings_is_noticed_by_the_second()
    {
        await using var versions = await TwoVersions.StartAsync();
        await versions.SetAsync(5000);
        var numbers = new List<long> { await ShiftsAsync(5000, lapsed: false) };
        await versions.SetAsync(5000);
        Assert.Equal(numbers[0], await ShiftsAsync(5000, lapsed: false));

        await versions.SetAsync(2500);
        numbers.Add(await ShiftsAsync(2500, lapsed: false));
        versions.Time.Pass(TimeSpan.FromMilliseconds(TwoVersions.Lease));
        numbers.Add(await ShiftsAsync(2500, lapsed: true));
        await versions.SetAsync(2500);
        numbers.Add(await ShiftsAsync(2500, lapsed: false));
        versions.Time.Pass(TimeSpan.FromMilliseconds(TwoVersions.Lease));
        numbers.Add(await ShiftsAsync(2500, lapsed: true));
        await versions.SetAsync(0, route => route.Canary = null);
        numbers.Add(await ShiftsAsync(0, lapsed: false));

        Assert.Equal(numbers.Distinct().Order(), numbers);

        async Task<long> ShiftsAsync(uint share, bool lapsed)
        {
            var read = await versions.MeasureAsync();
            Assert.Equal((share, lapsed ? 0 : share, lapsed), (read.Share, read.FollowedShare, read.LeaseLapsed));
            return read.Shifts;
        }
    }
}
