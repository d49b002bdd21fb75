using System.Net;
using System.Text.RegularExpressions;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Runs;
using Towpath.Tests.Server.Api;
using Towpath.Tests.Server.Git;
using static Towpath.Tests.Server.Web.Browser;

namespace Towpath.Tests.Server.Web;

/// <summary>Why things are as they are, with the line of the pipeline file that says so.</summary>
public sealed class RulePageTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task What_waits_at_a_gate_links_to_its_line_on_every_page()
    {
        await using var server = await RunningServer.StartAsync();
        var pipeline = GateEndpointsTests.WithGates("""[{ window: "00:00-24:00" }, { approval: 1 }]""") + "\n# \u202Eturned around\n";
        var line = Line(pipeline, "production:");
        await PushAsync(server, pipeline);
        await Eventually.That(() => server.Plane.Environment("shop", "production")?.HasWaiting == true, "it waits");
        foreach (var page in new[] { "/shop/runs/1", "/shop/environments/production", "/shop/environments/production/deployments/1", "/-/approvals" })
        {
            await ShowsAsync(
                server, page, $"<a class=\"rule\" href=\"/shop/runs/1/pipeline#L{line}\" title=\"The rule, in the pipeline file of run 1\">towpath.yml:{line}</a>");
        }

        var plan = await ReadAsync(server, "/shop/environments/production");
        Assert.Contains("A package comes here when the package has become live in staging.", plan);
        Assert.Contains("<li>wait until somebody approves it, for 7d at most (else it is refused)", plan);
        var source = await ReadAsync(server, "/shop/runs/1/pipeline");
        Assert.Contains("# ⟨U+202E⟩", WebUtility.HtmlDecode(source));
        Assert.Contains($"<div class=\"l\" id=\"L{line}\"><a href=\"#L{line}\" aria-label=\"Line {line}\">{line}</a><span>  production: {{ after: [staging]", source);
    }

    [Fact]
    public async Task Each_job_and_environment_of_a_run_says_why_it_ran_waits_or_was_skipped()
    {
        await using var server = await RunningServer.StartAsync();
        server.Work.Script = command => command is RunJob { Job.Name: "test" } test ? ScriptedWork.Job(test, Outcome.Failed, "Two tests fail.") : ScriptedWork.Succeed(command);
        await PushAsync(server, RunningServer.ShopPipeline);
        await server.RunEndsAsync("shop", 1);
        var failed = await ReadAsync(server, "/shop/runs/1");
        Assert.Contains("It needs test, which did not succeed.", failed);
        await ShowsAsync(server, "/shop/runs/1", $"pipeline#L{Line(RunningServer.ShopPipeline, "needs:")}");
        Assert.Equal(3, Regex.Count(failed, "The run failed."));

        server.Work.Script = command => command is StageCommand ? null : ScriptedWork.Succeed(command);
        await server.PushAsync("shop", Commits.Second);
        await Eventually.That(() => server.Plane.Environment("shop", "staging")?.Active is not null, "it is on its way");
        var underWay = await ReadAsync(server, "/shop/runs/2");
        Assert.Contains("Waits until this package is live in staging.", underWay);
        Assert.Contains("Began when test had succeeded.", underWay);
        // Git does not know this commit, and has said so: the words are there without a line.
        using var lost = await server.Client.GetAsync(new Uri("/shop/runs/2/pipeline", UriKind.Relative), RunningServer.Cancel);
        Assert.Equal(HttpStatusCode.NotFound, lost.StatusCode);
        underWay = await ReadAsync(server, "/shop/runs/2");
        Assert.DoesNotContain("class=\"rule\"", underWay);
    }

    [Fact]
    public async Task What_can_never_be_reached_does_not_wait_and_what_is_being_made_waits_for_nothing()
    {
        await using var server = await RunningServer.StartAsync();
        server.Work.Script = command => command is CheckRelease { Plan.Definition.Name: "staging" } check
            ? new StageAnswered(check.Id, Outcome.Failed, "It answers 503.") : ScriptedWork.Succeed(command);
        await server.PushAsync("shop", Commits.First);
        await Eventually.That(() => server.Plane.Environment("shop", "staging") is { Active: null, Deployments: [{ IsOver: true }] }, "staging has said no");
        Assert.Contains("It did not become live in staging.", await ReadAsync(server, "/shop/runs/1"));

        server.Work.Script = command => command is StorePackage ? null : ScriptedWork.Succeed(command);
        await server.PushAsync("shop", Commits.Second);
        await Eventually.That(() => server.Plane.Run("shop", 2)?.Jobs.All(job => job.HasSucceeded) == true, "all jobs have succeeded");
        Assert.Contains("It is being made.", await ReadAsync(server, "/shop/runs/2"));
    }

    [Fact]
    public async Task Lines_of_another_file_than_the_one_that_is_followed_are_not_told()
    {
        await using var server = await RunningServer.StartAsync();
        await PushAsync(server, RunningServer.ShopPipeline, followed: RunningServer.ShopPipeline.Replace("./smoke.sh", "./other.sh", StringComparison.Ordinal));
        await server.GoesLiveAsync("shop", "production", 1);
        await ShowsAsync(server, "/shop/runs/1/pipeline", "This run follows another one");
        await ShowsAsync(server, "/shop/runs/1/pipeline", "./smoke.sh");
        Assert.DoesNotContain("class=\"rule\"", await ReadAsync(server, "/shop/runs/1"));
        await ShowsAsync(server, "/shop/environments/production", "<span> by Test</span>");
    }

    [Fact]
    public async Task Where_the_repository_has_no_such_file_the_page_says_so()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        using var lost = await server.Client.GetAsync(new Uri("/shop/runs/1/pipeline", UriKind.Relative), RunningServer.Cancel);
        Assert.Equal(HttpStatusCode.NotFound, lost.StatusCode);
        Assert.Contains("The repository has no towpath.yml at 1111111 now", await lost.Content.ReadAsStringAsync(RunningServer.Cancel));
    }

    /// <summary>A page does not wait long for git: what came too late is on it the next time.</summary>
    private static Task ShowsAsync(RunningServer server, string page, string text) => Eventually.That(
        async () => (await ReadAsync(server, page)).Contains(text, StringComparison.Ordinal), $"{page} shows {text}");

    private async Task PushAsync(RunningServer server, string pipeline, string? followed = null)
    {
        var client = new GitClient(folder.At("work", "shop"));
        var commit = client.Commit("Sell boats", ("towpath.yml", pipeline));
        server.Repositories.Create("shop");
        client.Do("push", "-q", server.Repositories.PathOf("shop"), "main");
        await server.PushAsync("shop", commit, pipeline: followed ?? pipeline);
    }

    private static int Line(string text, string begins) => text.Split('\n').ToList().FindIndex(line => line.Trim().StartsWith(begins, StringComparison.Ordinal)) + 1;
}
