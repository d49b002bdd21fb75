using Towpath.Chaos;

namespace Towpath.Acceptance;

/// <summary>A fixed sample of what <c>dotnet run --project tests/Towpath.Chaos</c> does at every failpoint.</summary>
public sealed class ChaosTests
{
    [Fact]
    public async Task Killed_at_a_failpoint_every_process_is_followed_by_one_that_keeps_all_promises()
    {
        var report = new Report();
        await using (var sweep = new Sweep(report, text => TestContext.Current.TestOutputHelper?.WriteLine(text)))
        {
            // Between the answer of a stage and the end of its log; while routes move; around a push.
            foreach (var (process, n) in ((string, int)[])[("server", 2), ("server", 60), ("agent", 62), ("agent", 110), ("router", 8), ("hook", 6)])
                await sweep.JourneyAsync(process, n);
        }

        Assert.True(report.IsRight, report.Line("sample", json: false));
        Assert.Equal(6, report.Crossings);
    }

    [Theory]
    [InlineData("verify", "checking", "agent")]
    [InlineData("crash", "step", "agent")]
    [InlineData("verdict", "step", "server")]
    [InlineData("rollback", "step", "server")]
    [InlineData("cancel", "starting", "server")]
    public async Task Whoever_is_killed_a_deployment_that_goes_back_has_one_end(string trigger, string phase, string killed)
    {
        var way = WayBack.All.Single(way => way.Trigger == trigger && way.Phase == phase && way.Killed == killed);
        var report = new Report();
        await using (var sweep = new Sweep(report, text => TestContext.Current.TestOutputHelper?.WriteLine(text)))
            await sweep.WaysBackAsync([way]);
        Assert.True(report.IsRight, report.Line("ways back", json: false));
    }

    [Fact]
    public async Task Server_killed_at_random_moments_leaves_every_push_one_run()
    {
        var report = new Report();
        await using (var sweep = new Sweep(report, text => TestContext.Current.TestOutputHelper?.WriteLine(text)))
            await sweep.AtRandomAsync(times: 2, seed: 7);
        Assert.True(report.IsRight, report.Line("random", json: false));
    }
}
