using System.Collections.Concurrent;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Runs;

namespace Towpath.Tests.Server.Git;

public sealed class JourneyTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TestFolder folder = new();
    private readonly ConcurrentDictionary<string, IReadOnlyList<StepResult>> progress = [];
    private readonly ConcurrentQueue<string> heard = [];
    private GitServer server = null!;
    private GitClient client = null!;

    public async ValueTask InitializeAsync()
    {
        server = await GitServer.StartAsync(folder.At("data"), progress: id => progress.GetValueOrDefault(id));
        client = new GitClient(folder.At("work", "shop"));
        client.Commit("Open", ("towpath.yml", Files.Deploying));
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task Whole_journey_is_told_as_it_happens()
    {
        var push = PushAndWaitAsync();
        const string attempt = "shop/runs/1/jobs/build/attempts/1";
        await server.Agents.NextAsync(attempt);
        progress[attempt] = [new StepResult("make", StepStatus.Running, null, Start, null)];
        await HeardAsync("· build › make");
        await server.Agents.EndJobAsync(
            attempt, Outcome.Succeeded, "", new TestResults(12, 0, 1, ValueList<FailedTest>.Empty),
            Step("make", 1.25), Step("make test", 75));
        await HeardAsync("✓ build › make ");
        await server.Agents.PackAsync("shop/runs/1/package");
        await HeardAsync("package");
        foreach (var environment in (string[])["staging", "production"])
        {
            await server.Agents.EndStageAsync<StartRelease>(environment);
            await HeardAsync($"{environment.PadRight(10)}  checking");
            await server.Agents.EndStageAsync<CheckRelease>(environment);
            await server.Agents.EndStageAsync<ShiftTraffic>(environment);
        }

        var (exitCode, text) = await push;

        Assert.True(exitCode == 0, text);
        var lines = Remote();
        Assert.Equal($"run 1 of shop: {server.Address}/shop/runs/1", lines[0]);
        AssertLine("  ✓ build › make ", "1.3 s");
        AssertLine("  ✓ build › make test", "1 min 15 s");
        Assert.Contains("  ✓ tests: 12 passed, 0 failed, 1 skipped", lines);
        Assert.Contains("  ✓ package 070707070707 (12.3 kB)", lines);
        AssertLine("  ✓ staging     live", "http://127.0.0.1:8081/");
        AssertLine("  ✓ production  live", "http://127.0.0.1:8080/");
        Assert.Equal("run 1 of shop: live in staging, production", lines[^1]);
    }

    [Fact]
    public async Task Failed_build_names_the_step_and_the_tests_and_the_push_stands()
    {
        var push = PushAndWaitAsync();
        await server.Agents.EndJobAsync(
            "shop/runs/1/jobs/build/attempts/1", Outcome.Failed, "step 'make test' ended with exit code 2",
            new TestResults(3, 1, 0, [new FailedTest("Cart_adds_up", "expected 3\nbut was 4")]),
            Step("make", 1), Step("make test", 2) with { Status = StepStatus.Failed, ExitCode = 2 });

        var (exitCode, text) = await push;

        Assert.True(exitCode == 0, text);
        var lines = Remote();
        AssertLine("  ✗ build › make test", "2.0 s  exit code 2");
        Assert.Contains("  ✗ build failed: step 'make test' ended with exit code 2", lines);
        Assert.Contains($"    log: towpath logs --project shop --run 1 --job build  ({server.Address}/shop/runs/1)", lines);
        Assert.Contains("  ✗ tests: 3 passed, 1 failed, 0 skipped", lines);
        Assert.Contains("    ✗ Cart_adds_up", lines);
        Assert.Contains("      expected 3", lines);
        Assert.Equal("run 1 of shop: failed: Job 'build': step 'make test' ended with exit code 2", lines[^1]);
        Assert.Equal(client.Head, server.Ref("shop", "refs/heads/main"));
    }

    [Fact]
    public async Task Failed_verification_ends_the_journey_where_it_failed()
    {
        var push = PushAndWaitAsync();
        await server.Agents.EndJobAsync(
            "shop/runs/1/jobs/build/attempts/1", Outcome.Succeeded, "", null, Step("make", 1), Step("make test", 1));
        await server.Agents.PackAsync("shop/runs/1/package");
        await server.Agents.EndStageAsync<StartRelease>("staging");
        await server.Agents.EndStageAsync<CheckRelease>("staging", Outcome.Failed, "web is not healthy");
        await server.Agents.EndStageAsync<WithdrawRelease>("staging");

        var (exitCode, text) = await push;

        Assert.True(exitCode == 0, text);
        var lines = Remote();
        AssertLine("  ✗ staging     failed", "web is not healthy");
        Assert.Equal("run 1 of shop: staging failed; production not reached", lines[^1]);
    }

    [Fact]
    public async Task Gate_that_waits_for_a_person_ends_the_journey_and_says_how_it_goes_on()
    {
        client.Commit("Ask somebody", ("towpath.yml", Files.Deploying.Replace("after: [staging],", "after: [staging], gates: [{ approval: 1 }],", StringComparison.Ordinal)));
        var push = PushAndWaitAsync();
        await server.Agents.EndJobAsync(
            "shop/runs/1/jobs/build/attempts/1", Outcome.Succeeded, "", null, Step("make", 1), Step("make test", 1));
        await server.Agents.PackAsync("shop/runs/1/package");
        await server.Agents.EndStageAsync<StartRelease>("staging");
        await server.Agents.EndStageAsync<CheckRelease>("staging");
        await server.Agents.EndStageAsync<ShiftTraffic>("staging");

        var (exitCode, text) = await push;

        Assert.True(exitCode == 0, text);
        AssertLine("  · production  waiting", "It waits for an approval.");
        Assert.Contains(
            $"    approve: towpath approve --project shop --env production --deployment 1  ({server.Address}/shop/environments/production)", Remote());
        Assert.Equal("run 1 of shop: live in staging; production waiting", Remote()[^1]);
    }

    [Fact]
    public async Task Client_that_goes_away_ends_the_telling_and_nothing_else()
    {
        using var push = client.Start("push", "-o", "wait", server.AddressOf("shop"), "main");
        await Eventually.That(() => server.Control.Run("shop", 1) is not null, "the run is there");
        await Eventually.That(() => Directory.EnumerateDirectories(server.Repositories.PushesFolder).Any(), "the push is served");

        push.Kill(entireProcessTree: true);

        await Eventually.That(
            () => !Directory.EnumerateDirectories(server.Repositories.PushesFolder).Any(), "the push is over", TimeSpan.FromSeconds(20));
        Assert.Equal(RunStatus.Queued, server.Control.Run("shop", 1)!.Status);
        Assert.Equal(client.Head, server.Ref("shop", "refs/heads/main"));
    }

    [Fact]
    public async Task Server_that_stops_lets_the_waiting_client_go()
    {
        var push = PushAndWaitAsync();
        await HeardAsync("remote: run 1 of shop");

        await server.StopAsync();

        var (exitCode, text) = await push;
        Assert.True(exitCode == 0, text);
        Assert.Equal("The server is stopping; the run goes on when it is back, and the address above shows how.", string.Concat(Remote()[1..]));
    }

    private static StepResult Step(string name, double seconds) => new(name, StepStatus.Succeeded, 0, Start, Start.AddSeconds(seconds));

    private Task<(int ExitCode, string Text)> PushAndWaitAsync() =>
        client.TryAsync(["push", "-o", "wait", server.AddressOf("shop"), "main"], heard.Enqueue);

    private Task HeardAsync(string text) => Eventually.That(
        () => heard.Any(line => line.Contains(text, StringComparison.Ordinal)), $"'{text}' is heard");

    private void AssertLine(string start, string end) => Assert.Contains(
        Remote(), line => line.StartsWith(start, StringComparison.Ordinal) && line.EndsWith(end, StringComparison.Ordinal));

    private List<string> Remote() =>
        [.. heard.Where(line => line.StartsWith("remote: ", StringComparison.Ordinal)).Select(line => line["remote: ".Length..])];
}
