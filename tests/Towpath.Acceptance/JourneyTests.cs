using System.Text.Json;

namespace Towpath.Acceptance;

/// <summary>From git push to production and back, by the names that scripts rely on.</summary>
public sealed class JourneyTests(UpFixture fixture)
{
    private readonly UpTowpath up = fixture.Up;

    [Fact]
    public async Task A_push_goes_to_production_and_a_rollback_takes_it_back()
    {
        var (staging, production) = (Site.FreePort(), Site.FreePort());
        using var repository = await Repository.CreateAsync(up, "journey");
        repository.Write("towpath.yml", Site.Pipeline(staging, production));
        repository.Write("public/index.html", "Page one");
        var first = await repository.CommitAsync("One");
        var pushed = (await repository.PushAsync()).Expect(0);
        Assert.Contains("remote: run 1 of journey", pushed.Errors, StringComparison.Ordinal);
        (await repository.RunAsync("runs", "wait", "1")).Expect(0);
        (await repository.RunAsync("deployments", "wait", "--run", "1", "--environment", "production")).Expect(0);
        Assert.Equal("Page one", await Site.PageAsync(production));
        Assert.Equal("Page one", await Site.PageAsync(staging));
        await ExpectNamesAsync(repository, first);

        repository.Write("public/index.html", "Page two");
        await repository.CommitAsync("Two");
        (await repository.PushAsync()).Expect(0);
        (await repository.RunAsync("deployments", "wait", "--run", "2", "--environment", "production")).Expect(0);
        Assert.Equal("Page two", await Site.PageAsync(production));

        (await repository.RunAsync("rollback", "--environment", "production")).Expect(0);
        (await repository.RunAsync("deployments", "wait", "--run", "1", "--environment", "production")).Expect(0);
        Assert.Equal("Page one", await Site.PageAsync(production));
        var shown = (await repository.RunAsync("envs", "show", "production", "--json")).Expect(0).Json;
        Assert.Equal(1, shown.GetProperty("live").GetProperty("run").GetInt32());
        Assert.Equal("rollback", shown.GetProperty("history")[0].GetProperty("kind").GetString());
        Assert.Equal(JsonValueKind.Object, shown.GetProperty("hold").ValueKind);

        (await repository.RunAsync("resume", "--environment", "production")).Expect(0);
        (await repository.RunAsync("promote", "--run", "2", "--environment", "production")).Expect(0);
        (await repository.RunAsync("deployments", "wait", "--run", "2", "--environment", "production")).Expect(0);
        (await repository.RunAsync("promote", "--run", "1", "--environment", "production")).Expect(3);
        Assert.Equal("Page two", await Site.PageAsync(production));
    }

    [Fact]
    public async Task Rollback_to_a_run_goes_behind_what_came_after_it()
    {
        var production = Site.FreePort();
        using var repository = await Repository.CreateAsync(up, "behind");
        repository.Write("towpath.yml", Site.Pipeline(Site.FreePort(), production));
        for (var run = 1; run <= 3; run++)
        {
            repository.Write("public/index.html", $"Page {run}");
            await repository.CommitAsync($"{run}");
            (await repository.PushAsync()).Expect(0);
            (await repository.RunAsync("deployments", "wait", "--run", $"{run}", "--environment", "production")).Expect(0);
        }

        var unknown = (await repository.RunAsync("rollback", "production", "--to", "7")).Expect(3);
        Assert.Contains("Run 7 is no version that 'production' can go back to; these are: run 1, 2.", unknown.Errors, StringComparison.Ordinal);
        Assert.Contains("Say once which environment", (await repository.RunAsync("rollback")).Expect(2).Errors, StringComparison.Ordinal);
        (await repository.RunAsync("rollback", "production", "--to", "1")).Expect(0);
        (await repository.RunAsync("deployments", "wait", "--run", "1", "--environment", "production")).Expect(0);
        Assert.Equal("Page 1", await Site.PageAsync(production));

        // It was left behind, so that only a person brings it back.
        (await repository.RunAsync("resume", "--environment", "production")).Expect(0);
        (await repository.RunAsync("promote", "--run", "2", "--environment", "production")).Expect(0);
        (await repository.RunAsync("deployments", "wait", "--run", "2", "--environment", "production")).Expect(0);
    }

    [Fact]
    public async Task A_commit_that_changes_nothing_that_runs_goes_live_all_the_same()
    {
        var (staging, production) = (Site.FreePort(), Site.FreePort());
        using var repository = await Repository.CreateAsync(up, "documented");
        repository.Write("towpath.yml", Site.Pipeline(staging, production));
        repository.Write("public/index.html", "Page");
        await repository.CommitAsync("One");
        (await repository.PushAsync()).Expect(0);
        (await repository.RunAsync("deployments", "wait", "--run", "1", "--environment", "production")).Expect(0);

        repository.Write("README", "Words.");
        await repository.CommitAsync("Write it down");
        (await repository.PushAsync()).Expect(0);
        (await repository.RunAsync("deployments", "wait", "--run", "2", "--environment", "production")).Expect(0);
        Assert.Equal("Page", await Site.PageAsync(production));
        var live = (await repository.RunAsync("envs", "show", "production", "--json")).Expect(0).Json.GetProperty("live");
        Assert.Equal((2, "d1"), (live.GetProperty("run").GetInt32(), live.GetProperty("release").GetString()));
    }

    [Fact]
    public async Task A_failed_test_ends_waits_with_1_and_never_leaves_the_build()
    {
        using var repository = await Repository.CreateAsync(up, "failing");
        repository.Write("towpath.yml", Site.Pipeline(Site.FreePort(), Site.FreePort(), steps: "echo no; exit 4"));
        repository.Write("public/index.html", "Page");
        await repository.CommitAsync("One");
        (await repository.PushAsync()).Expect(0);
        (await repository.RunAsync("runs", "wait", "1")).Expect(1);
        var never = (await repository.RunAsync("deployments", "wait", "--run", "1", "--environment", "production")).Expect(1);
        Assert.Contains("run 1 failed", never.Errors, StringComparison.Ordinal);
        var log = (await repository.RunAsync("logs", "--run", "1", "--job", "build")).Expect(0);
        Assert.Contains("no\n", log.Output, StringComparison.Ordinal);
        var lines = (await repository.RunAsync("logs", "--run", "1", "--json")).Expect(0).Output.TrimEnd().Split('\n')
            .Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(Enumerable.Range(1, lines.Count), lines.Select(line => line.GetProperty("number").GetInt32()));
        Assert.Single(lines, line => line.GetProperty("text").GetString() == "no" && line.GetProperty("job").GetString() == "build");
        var run = (await repository.RunAsync("runs", "show", "1", "--json")).Expect(0).Json;
        Assert.Equal("failed", run.GetProperty("state").GetString());
        Assert.Equal(4, run.GetProperty("jobs")[0].GetProperty("steps")[0].GetProperty("exitCode").GetInt32());
    }

    [Fact]
    public async Task What_fails_its_verification_in_staging_does_not_reach_production()
    {
        var (staging, production) = (Site.FreePort(), Site.FreePort());
        using var repository = await Repository.CreateAsync(up, "unverified");
        repository.Write("public/index.html", "Page");
        repository.Write("towpath.yml", Site.Pipeline(staging, production, verify: "exit 1"));
        await repository.CommitAsync("One");
        (await repository.PushAsync()).Expect(0);
        (await repository.RunAsync("deployments", "wait", "--run", "1", "--environment", "staging")).Expect(1);
        var never = (await repository.RunAsync("deployments", "wait", "--run", "1", "--environment", "production")).Expect(1);
        Assert.Contains("did not pass 'staging'", never.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_package_that_was_built_elsewhere_enters_the_flow()
    {
        var (staging, production) = (Site.FreePort(), Site.FreePort());
        using var repository = await Repository.CreateAsync(up, "elsewhere");
        repository.Write("towpath.yml", Site.Pipeline(staging, production));
        repository.Write("public/index.html", "Page of the build");
        var commit = await repository.CommitAsync("One");
        (await repository.PushAsync()).Expect(0);
        (await repository.RunAsync("deployments", "wait", "--run", "1", "--environment", "production")).Expect(0);
        repository.Write("built/index.html", "Page of another CI");
        var made = (await repository.RunAsync(
            "packages", "push", Path.Combine(repository.Folder, "built"), "--commit", commit, "--json")).Expect(0);
        var number = made.Json.GetProperty("number").GetInt32();
        (await repository.RunAsync("deployments", "wait", "--run", $"{number}", "--environment", "production")).Expect(0);
        Assert.Equal("Page of another CI", await Site.PageAsync(production));
    }

    [Fact]
    public async Task A_repository_that_knows_nothing_of_Towpath_ships_after_init()
    {
        using var repository = await Repository.CreateAsync(up, "plain");
        repository.Write("index.html", "<h1>Page</h1>");
        (await Ran.Async(Built.Towpath, ["init"], repository.Folder)).Expect(0);
        (await Ran.Async(Built.Towpath, ["check"], repository.Folder)).Expect(0);
        (await Ran.Async(Built.Towpath, ["run"], repository.Folder)).Expect(0);
        var plan = (await Ran.Async(Built.Towpath, ["plan"], repository.Folder)).Expect(0);
        Assert.Contains("deploy to", plan.Output, StringComparison.Ordinal);
        (await Ran.Async(Built.Towpath, ["remote", "plain", "--data", up.Data], repository.Folder)).Expect(0);
        await repository.CommitAsync("Ship it");
        // Without any token but the one that the helper of the remote gives.
        var silent = new Dictionary<string, string?> { ["GIT_TERMINAL_PROMPT"] = "0" };
        (await Ran.Async("git", ["push", "towpath", "main"], repository.Folder, silent)).Expect(0);
        (await Ran.Async(Built.Towpath, ["runs", "wait", "1", "--data", up.Data], repository.Folder)).Expect(0);
    }

    private static async Task ExpectNamesAsync(Repository repository, string commit)
    {
        var run = (await repository.RunAsync("runs", "show", "1", "--json")).Expect(0).Json;
        Assert.Equal(1, run.GetProperty("number").GetInt32());
        Assert.Equal(commit, run.GetProperty("commit").GetString());
        Assert.Equal("refs/heads/main", run.GetProperty("ref").GetString());
        Assert.True(run.GetProperty("order").GetInt64() > 0);
        Assert.Equal("succeeded", run.GetProperty("state").GetString());
        var job = run.GetProperty("jobs")[0];
        Assert.Equal(("build", "succeeded"), (job.GetProperty("name").GetString(), job.GetProperty("state").GetString()));
        Assert.Equal(1, job.GetProperty("attempt").GetInt32());
        Assert.Equal(1, job.GetProperty("steps").GetArrayLength());
        foreach (var name in (string[])["queuedAt", "startedAt", "finishedAt"])
            Assert.True(run.GetProperty(name).GetDateTimeOffset() > DateTimeOffset.UnixEpoch);
        var digest = run.GetProperty("package").GetProperty("digest").GetString();

        var environment = (await repository.RunAsync("envs", "show", "production", "--json")).Expect(0).Json;
        Assert.Equal("production", environment.GetProperty("name").GetString());
        Assert.StartsWith("http://127.0.0.1:", environment.GetProperty("url").GetString(), StringComparison.Ordinal);
        var live = environment.GetProperty("live");
        Assert.Equal(1, live.GetProperty("run").GetInt32());
        Assert.Equal((commit, digest), (live.GetProperty("commit").GetString(), live.GetProperty("digest").GetString()));
        Assert.True(live.TryGetProperty("settings", out _) && live.TryGetProperty("since", out _));
        var deployment = environment.GetProperty("deployment");
        Assert.Equal(1, deployment.GetProperty("run").GetInt32());
        Assert.Equal(("deploy", "live"), (deployment.GetProperty("kind").GetString(), deployment.GetProperty("state").GetString()));
        Assert.True(deployment.TryGetProperty("reason", out _));
        Assert.Equal(0, environment.GetProperty("waiting").GetArrayLength());
        var past = environment.GetProperty("history")[0];
        Assert.Equal(digest, past.GetProperty("digest").GetString());
    }
}
