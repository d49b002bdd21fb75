using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Server.Web;
using Towpath.Server.Web.Runs;

namespace Towpath.Tests.Server.Web;

public sealed class TestPastTests
{
    [Fact]
    public async Task Failed_test_says_what_it_did_in_the_runs_before()
    {
        await using var server = await RunningServer.StartAsync();
        server.Work.Script = command => command is RunJob { Job.Name: "test" } job
            ? ScriptedWork.Job(job, Outcome.Failed, "exit code 1", new TestResults(3, 1, 0, [new FailedTest(job.Run == 2 ? "Other" : "Cart.Total", "17")]))
            : ScriptedWork.Succeed(command);
        foreach (var commit in (string[])[Commits.First, Commits.Second, Commits.Third])
            await server.PushAsync("shop", commit);
        for (var run = 1; run <= 3; run++)
            await server.RunEndsAsync("shop", run);
        Assert.DoesNotContain("before", await TestsAsync(1), StringComparison.Ordinal);
        Assert.Contains("It did not fail in the run before.", await TestsAsync(2), StringComparison.Ordinal);
        Assert.Contains("It failed in 1 of the 2 runs before, the last time in <a href=\"/shop/runs/1\">run 1</a>.", await TestsAsync(3), StringComparison.Ordinal);

        async Task<string> TestsAsync(int run)
        {
            using var answer = await server.Client.GetAsync($"/shop/runs/{run}", RunningServer.Cancel);
            var page = await answer.Content.ReadAsStringAsync(RunningServer.Cancel);
            var start = page.IndexOf("tests-title", StringComparison.Ordinal);
            return page[start..page.IndexOf("</section>", start, StringComparison.Ordinal)];
        }
    }

    [Fact]
    public void Runs_without_reports_say_nothing() => Assert.Null(TestPast.Of("x", []));
}
