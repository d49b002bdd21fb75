using System.Net;
using System.Text.Json;
using Towpath.Core;
using Towpath.Core.Agents;

namespace Towpath.Tests.Server.Api;

public sealed class RunEndpointsTests
{
    [Fact]
    public async Task A_run_is_shown_by_the_names_that_scripts_rely_on()
    {
        await using var server = await RunningServer.StartAsync();
        var tests = new TestResults(41, 0, 2, []);
        server.Work.Script = command =>
            command is RunJob { Job.Name: "test" } job ? ScriptedWork.Job(job, Outcome.Succeeded, tests: tests)
                : ScriptedWork.Succeed(command);
        await server.PushAsync("shop", Commits.First);
        await server.RunEndsAsync("shop", 1);

        var run = await server.GetAsync("/api/v1/projects/shop/runs/1");
        Assert.Equal(1, run.GetProperty("number").GetInt32());
        Assert.Equal(Commits.First, run.GetProperty("commit").GetString());
        Assert.Equal("refs/heads/main", run.GetProperty("ref").GetString());
        Assert.True(run.GetProperty("order").GetInt64() > 0);
        Assert.Equal("succeeded", run.GetProperty("state").GetString());
        var job = run.GetProperty("jobs")[0];
        Assert.Equal("test", job.GetProperty("name").GetString());
        Assert.Equal("succeeded", job.GetProperty("state").GetString());
        Assert.Equal(1, job.GetProperty("attempt").GetInt32());
        Assert.Equal(JsonValueKind.Array, job.GetProperty("steps").ValueKind);
        Assert.StartsWith("sha256:", run.GetProperty("package").GetProperty("digest").GetString());
        Assert.Equal([41, 0, 2], new[] { "passed", "failed", "skipped" }.Select(
            name => run.GetProperty("tests").GetProperty(name).GetInt32()));
        foreach (var name in new[] { "queuedAt", "startedAt", "finishedAt" })
            Assert.True(run.GetProperty(name).TryGetDateTimeOffset(out _));
    }

    [Fact]
    public async Task Runs_are_listed_newest_first_in_pages()
    {
        await using var server = await RunningServer.StartAsync();
        for (var i = 0; i < 5; i++)
            await server.PushAsync("shop", Commits.First[..39] + i);
        Assert.Equal([5, 4], Numbers(await server.GetAsync("/api/v1/projects/shop/runs?limit=2")));
        Assert.Equal([3, 2], Numbers(await server.GetAsync("/api/v1/projects/shop/runs?limit=2&before=4")));
        Assert.Equal([1], Numbers(await server.GetAsync("/api/v1/projects/shop/runs?before=2")));
        Assert.Contains("1 to 500", await RunningServer.DetailAsync(
            await server.Client.GetAsync("/api/v1/projects/shop/runs?limit=501", RunningServer.Cancel), 400));
    }

    [Theory]
    [InlineData("GET", "projects/shop/runs?limit=99999999999", "'limit' cannot be '99999999999'")]
    [InlineData("GET", "projects/shop/runs?before=x", "'before' cannot be 'x'")]
    [InlineData("POST", "projects/shop/packages", "'commit' is missing")]
    [InlineData("PATCH", "projects/shop/environments/staging/settings", "The body is missing")]
    public async Task What_cannot_be_read_is_said_without_the_framework_s_words(string method, string path, string sentence)
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        using var request = new HttpRequestMessage(new(method), "/api/v1/" + path);
        using var answer = await server.Client.SendAsync(request, RunningServer.Cancel);
        var detail = await RunningServer.DetailAsync(answer, 400);
        Assert.StartsWith(sentence, detail, StringComparison.Ordinal);
        Assert.DoesNotContain("parameter", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_exist_is_named()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        async Task<string> Missing(string path) =>
            await RunningServer.DetailAsync(await server.Client.GetAsync("/api/v1/" + path, RunningServer.Cancel), 404);
        Assert.Equal("There is no project 'shoe'; the first push to /git/shoe.git creates it.", await Missing("projects/shoe"));
        Assert.Contains("'shoe'", await Missing("projects/shoe/runs"));
        Assert.Contains("no run 9", await Missing("projects/shop/runs/9"));
        Assert.Contains("no environment 'moon'", await Missing("projects/shop/environments/moon"));
        Assert.Contains("/api/v1/nothing", await Missing("nothing"));
    }

    [Fact]
    public async Task A_run_is_canceled_and_only_once()
    {
        await using var server = await RunningServer.StartAsync();
        server.Work.Script = _ => null;
        await server.PushAsync("shop", Commits.First);
        using var canceled = await server.PostAsync("/api/v1/projects/shop/runs/1/cancel");
        Assert.Equal(HttpStatusCode.OK, canceled.StatusCode);
        Assert.Equal("canceled", (await server.GetAsync("/api/v1/projects/shop/runs/1")).GetProperty("state").GetString());
        Assert.Empty(server.Work.UnderWay);
        Assert.Contains("is over", await RunningServer.DetailAsync(await server.PostAsync("/api/v1/projects/shop/runs/1/cancel"), 409));
    }

    [Fact]
    public async Task The_person_that_a_client_names_stands_in_the_history()
    {
        await using var server = await RunningServer.StartAsync();
        server.Work.Script = _ => null;
        await server.PushAsync("shop", Commits.First);
        server.Client.DefaultRequestHeaders.Add("X-Towpath-By", "ada");
        await server.PostAsync("/api/v1/projects/shop/runs/1/cancel");
        Assert.Equal("Canceled by ada.", (await server.GetAsync("/api/v1/projects/shop/runs/1")).GetProperty("reason").GetString());
    }

    [Fact]
    public async Task A_failed_run_is_retried_as_a_new_run_of_the_same_commit()
    {
        await using var server = await RunningServer.StartAsync();
        server.Work.Script = command =>
            command is RunJob { Run: 1 } job ? ScriptedWork.Job(job, Outcome.Failed, "exit code 1") : ScriptedWork.Succeed(command);
        await server.PushAsync("shop", Commits.First);
        await server.RunEndsAsync("shop", 1);
        using var retried = await server.PostAsync("/api/v1/projects/shop/runs/1/retry");
        Assert.Equal(HttpStatusCode.Created, retried.StatusCode);
        Assert.Equal("/api/v1/projects/shop/runs/2", retried.Headers.Location?.ToString());
        await server.RunEndsAsync("shop", 2);
        var run = await server.GetAsync("/api/v1/projects/shop/runs/2");
        Assert.Equal((1, Commits.First), (run.GetProperty("retryOf").GetInt32(), run.GetProperty("commit").GetString()));
    }

    [Fact]
    public async Task A_run_that_succeeded_is_redeployed_and_not_retried()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        await server.RunEndsAsync("shop", 1);
        Assert.Contains("towpath promote --run 1", await RunningServer.DetailAsync(
            await server.PostAsync("/api/v1/projects/shop/runs/1/retry"), 409));
    }

    [Fact]
    public async Task A_package_is_shown_with_its_layers()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        await server.RunEndsAsync("shop", 1);
        var package = await server.GetAsync("/api/v1/projects/shop/runs/1/package");
        Assert.Equal(ScriptedWork.PackageOf(Commits.First).Deploy.ToString(), package.GetProperty("deploy").GetString());
    }

    private static List<int> Numbers(JsonElement runs) => [.. runs.EnumerateArray().Select(run => run.GetProperty("number").GetInt32())];
}
