using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Engine.Views;
using Towpath.Server.Web;
using Towpath.Server.Web.Runs;

namespace Towpath.Tests.Server.Web;

public sealed class RunGraphTests
{
    private const string Pipeline = """
        jobs:
          lint: { steps: [x] }
          build: { steps: [x], outputs: { app: out/ } }
          test: { steps: [x], needs: [build] }
          a-job-with-a-name-that-is-long: { steps: [x], needs: [build, lint] }
        package: build.app
        app: { command: ./Shop, health: /healthz }
        environments:
          staging: { listen: 8081 }
          production: { after: [staging], listen: 8080 }
        """;

    [Fact]
    public async Task Everything_stands_right_of_what_it_waits_for()
    {
        await using var server = await RunningServer.StartAsync();
        server.Work.Script = command => command is RunJob { Job.Name: "test" } job ? ScriptedWork.Job(job, Outcome.Failed, "exit code 1") : ScriptedWork.Succeed(command);
        await server.PushAsync("shop", Commits.First, pipeline: Pipeline);
        await server.RunEndsAsync("shop", 1);
        var run = server.Plane.Run("shop", 1)!;
        var graph = RunGraph.Of(run, RunView.Of(run), [], "/shop/runs/1", "test")!;

        var places = graph.Nodes.ToDictionary(node => node.FullName);
        Assert.Equal(0, places["build"].X);
        Assert.Equal(places["test"].X, places["a-job-with-a-name-that-is-long"].X);
        Assert.True(places["build"].X < places["test"].X && places["test"].X < places["package"].X);
        Assert.True(places["package"].X < places["staging"].X && places["staging"].X < places["production"].X);
        Assert.Equal(graph.Nodes.Count, graph.Nodes.Select(node => (node.X, node.Y)).Distinct().Count());
        Assert.All(graph.Nodes, node => Assert.InRange(node.Y, 0, graph.Height - RunGraph.NodeHeight));
        Assert.All(graph.Nodes, node => Assert.InRange(node.X, 0, graph.Width - RunGraph.NodeWidth));
        // build to test, build and lint to the long one, both of those to the package, and on.
        Assert.Equal(7, graph.Lines.Count);
        Assert.Equal(("failed", true, "a-job-with-a-nam…"), (places["test"].State, places["test"].IsShown, places["a-job-with-a-name-that-is-long"].Name));
        Assert.Equal(("skipped", "none", null), (places["package"].State, places["package"].Says, places["package"].Href));
        Assert.Equal("not reached", places["production"].Says);
    }

    [Fact]
    public async Task Page_links_to_where_the_run_went()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First, pipeline: Pipeline);
        await server.GoesLiveAsync("shop", "production", 1);
        using var answer = await server.Client.GetAsync("/shop/runs/1", RunningServer.Cancel);
        var page = await answer.Content.ReadAsStringAsync(RunningServer.Cancel);
        Assert.Contains("<title>staging: Live now</title>", page, StringComparison.Ordinal);
        Assert.Contains("<a href=\"/shop/environments/production/deployments/1\"", page, StringComparison.Ordinal);
        Assert.Contains("<a href=\"/shop/runs/1?job=test\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_job_alone_is_no_picture_and_a_branch_that_is_not_deployed_goes_nowhere()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("tool", Commits.First, pipeline: "jobs: { build: { steps: [x] } }");
        await server.RunEndsAsync("tool", 1);
        var run = server.Plane.Run("tool", 1)!;
        Assert.Null(RunGraph.Of(run, RunView.Of(run), [], "/tool/runs/1", null));
    }
}
