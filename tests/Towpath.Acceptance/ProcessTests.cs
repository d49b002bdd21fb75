using Towpath.Chaos;

namespace Towpath.Acceptance;

/// <summary>What happens when processes end, and when they are not let end.</summary>
public sealed class ProcessTests
{
    [Fact]
    public async Task The_killed_server_is_started_again_and_its_run_ends_once()
    {
        await using var up = new UpTowpath();
        await up.StartAsync();
        using var repository = await Repository.CreateAsync(up, "killed");
        const string Slow = "for i in 1 2 3 4 5; do echo line $i; sleep 0.4; done";
        repository.Write("towpath.yml", Site.Pipeline(Site.FreePort(), Site.FreePort(), steps: Slow));
        repository.Write("public/index.html", "Page");
        await repository.CommitAsync("One");
        (await repository.PushAsync()).Expect(0);
        var url = up.Url;
        await up.KillAsync("server");
        (await repository.RunAsync("runs", "wait", "1")).Expect(0);
        (await repository.RunAsync("deployments", "wait", "--run", "1", "--environment", "production")).Expect(0);
        Assert.Equal(url, up.Url);
        var agent = Assert.Single((await up.RunAsync("status", "--json")).Expect(0).Json.GetProperty("agents").EnumerateArray());
        Assert.Equal("local", agent.GetProperty("name").GetString());
        var run = (await repository.RunAsync("runs", "show", "1", "--json")).Expect(0).Json;
        Assert.Equal(1, run.GetProperty("jobs")[0].GetProperty("attempt").GetInt32());
        var log = (await repository.RunAsync("logs", "--run", "1", "--job", "build")).Expect(0).Output;
        var lines = log.Split('\n').Where(line => line.StartsWith("line", StringComparison.Ordinal));
        Assert.Equal(["line 1", "line 2", "line 3", "line 4", "line 5"], lines);
        Assert.Single((await repository.RunAsync("runs", "--json")).Expect(0).Json.EnumerateArray());
    }

    [Fact]
    public async Task Limit_of_an_agent_acts_on_what_waits_and_outlives_the_server()
    {
        await using var up = new UpTowpath();
        await up.StartAsync();
        await Until.TrueAsync("the agent is there", TimeSpan.FromMinutes(1), async () => await LimitAsync() > 0);
        Assert.Contains("jobs at once 1", (await up.RunAsync("agents", "limit", "local", "1")).Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains("No agent 'lokal' is connected", (await up.RunAsync("agents", "limit", "lokal", "1")).Expect(3).Errors, StringComparison.Ordinal);
        Assert.Contains("from 1 to 1000, not 0", (await up.RunAsync("agents", "limit", "local", "0")).Expect(2).Errors, StringComparison.Ordinal);

        using var repository = await Repository.CreateAsync(up, "limited");
        repository.Write("towpath.yml", """
            jobs:
              a: { steps: [sleep 600] }
              b: { steps: [sleep 600] }
            """);
        await repository.CommitAsync("One");
        (await repository.PushAsync()).Expect(0);
        await BecomesAsync("queued", "running");

        await up.KillAsync("server");
        await Until.TrueAsync("the agent is back", TimeSpan.FromMinutes(1), async () => await LimitAsync() == 1);
        await BecomesAsync("queued", "running");
        (await up.RunAsync("agents", "limit", "local", "2")).Expect(0);
        await BecomesAsync("running", "running");
        (await up.RunAsync("agents", "limit", "local")).Expect(2);
        (await up.RunAsync("agents", "limit", "local", "--reset")).Expect(0);
        Assert.Equal(Math.Max(2, Environment.ProcessorCount), await LimitAsync());

        Task BecomesAsync(params string[] states) => Until.TrueAsync($"jobs: {string.Join(", ", states)}", TimeSpan.FromMinutes(1), async () =>
            (await repository.RunAsync("runs", "show", "1", "--json")).Expect(0).Json.GetProperty("jobs").EnumerateArray()
            .Select(job => job.GetProperty("state").GetString()).Order().SequenceEqual(states));

        async Task<int> LimitAsync() => await up.RunAsync("agents", "--json") is { Code: 0 } ran && ran.Json.EnumerateArray().ToList() is [var agent]
            ? agent.GetProperty("slots").GetInt32() : 0;
    }

    [Fact]
    public async Task What_is_live_outlives_up_and_a_second_up_takes_over_what_runs()
    {
        await using var up = new UpTowpath();
        await up.StartAsync();
        var production = Site.FreePort();
        using var repository = await Repository.CreateAsync(up, "lives");
        repository.Write("towpath.yml", Site.Pipeline(Site.FreePort(), production));
        repository.Write("public/index.html", "Page");
        await repository.CommitAsync("One");
        (await repository.PushAsync()).Expect(0);
        (await repository.RunAsync("deployments", "wait", "--run", "1", "--environment", "production")).Expect(0);

        Assert.Contains("alreadyUp", (await up.RunAsync("up", "--json")).Expect(0).Output, StringComparison.Ordinal);
        var (server, router) = (up.Pid("server"), up.Pid("router"));
        await up.KillAsync("up");
        await up.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await up.StartAsync();
        Assert.Equal((server, router), (up.Pid("server"), up.Pid("router")));

        await up.TerminateAsync("up");
        await up.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, up.Process.ExitCode);
        Assert.False(IsRunning(server));
        Assert.Equal("Page", await Site.PageAsync(production));
        (await up.RunAsync("runs", "--project", "lives")).Expect(3);

        await up.StartAsync();
        Assert.Equal(router, up.Pid("router"));
        (await repository.RunAsync("runs", "show", "1")).Expect(0);
        (await up.RunAsync("down")).Expect(0);
        Assert.False(IsRunning(router));
        Assert.False(File.Exists(Path.Combine(up.Data, "endpoint.json")));
    }

    [Fact]
    public async Task Settings_of_the_project_it_is_started_in_are_not_its_own()
    {
        var project = Directory.CreateTempSubdirectory("towpath-acc-").FullName;
        var (endpoint, urls) = (Site.FreePort(), Site.FreePort());
        await File.WriteAllTextAsync(
            Path.Combine(project, "appsettings.json"),
            $$"""
            {
              "Kestrel": { "Endpoints": { "Shop": { "Url": "http://127.0.0.1:{{endpoint}}" } } },
              "urls": "http://127.0.0.1:{{urls}}"
            }
            """,
            TestContext.Current.CancellationToken);
        await using var up = new UpTowpath();
        await up.StartAsync(project);
        (await up.RunAsync("projects")).Expect(0);
        await Assert.ThrowsAsync<HttpRequestException>(() => Site.PageAsync(endpoint));
        await Assert.ThrowsAsync<HttpRequestException>(() => Site.PageAsync(urls));
        // Nor is the project watched: a large one costs much, and the system allows only so many watches.
        var open = Directory.GetFiles($"/proc/{up.Pid("server")}/fdinfo");
        Assert.DoesNotContain(open, file => File.ReadAllText(file).Contains("inotify", StringComparison.Ordinal));
        Directory.Delete(project, recursive: true);
    }

    [Fact]
    public async Task The_demo_of_canaries_takes_back_what_is_worse_and_lets_a_good_version_through()
    {
        var said = await DemoAsync("canary");
        // No terminal, no picture.
        Assert.DoesNotContain('╭', said);
        Assert.DoesNotContain('\u001b', said);
    }

    [Fact]
    public Task The_demo_ships_the_sample_and_catches_every_mistake() => DemoAsync();

    /// <summary>All of it happens, and nothing is left of it. In a folder of its own: others show demos on this machine too.</summary>
    private static async Task<string> DemoAsync(params string[] which)
    {
        var place = Directory.CreateTempSubdirectory("towpath-acc-").FullName;
        var ran = (await Ran.Async(
            Built.Towpath, ["demo", .. which, "--once"], environment: new Dictionary<string, string?> { ["TMPDIR"] = place })).Expect(0);
        Assert.Contains("All of it really happened.", ran.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(place, "towpath-demo-*"));
        Assert.DoesNotContain(Directory.EnumerateDirectories("/proc"), process => WorksIn(process, place));
        Directory.Delete(place, recursive: true);
        return ran.Output;
    }

    [Fact]
    public async Task The_launcher_runs_what_is_built_from_any_folder()
    {
        var link = Path.Combine(Directory.CreateTempSubdirectory("towpath-acc-").FullName, "towpath");
        File.CreateSymbolicLink(link, Path.Combine(Built.Root, "towpath"));
        var ran = (await Ran.Async(link, ["version"], "/")).Expect(0);
        Assert.StartsWith("towpath ", ran.Output, StringComparison.Ordinal);
        Directory.Delete(Path.GetDirectoryName(link)!, recursive: true);
    }

    /// <summary>False also for what is left of a process until its parent looks.</summary>
    private static bool IsRunning(int pid) =>
        Directory.Exists($"/proc/{pid}") && !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);

    private static bool WorksIn(string process, string place)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Contains(place, StringComparison.Ordinal)
                || File.ResolveLinkTarget(Path.Combine(process, "cwd"), false) is { } folder
                && folder.FullName.Contains(place, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
