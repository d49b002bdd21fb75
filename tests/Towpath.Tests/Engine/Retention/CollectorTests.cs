using Microsoft.Extensions.Logging.Abstractions;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Packages;
using Towpath.Core.Runs;
using Towpath.Engine.Packages;
using Towpath.Engine.Retention;
using Towpath.Server;
using Towpath.Tests.Server;
using Towpath.Tests.Server.Git;

namespace Towpath.Tests.Engine.Retention;

/// <summary>What is old goes, and nothing that somebody may still need, whenever it is collected.</summary>
public sealed class CollectorTests : IAsyncLifetime
{
    private readonly TestFolder folder = new();
    private GitClient client = null!;
    private WorkingServer server = null!;

    public async ValueTask InitializeAsync()
    {
        client = new GitClient(folder.At("work", "shop"));
        client.Commit("Open", ("towpath.yml", RunningServer.ShopPipeline));
        server = await WorkingServer.StartAsync(folder.At("data"));
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task Nothing_that_is_needed_goes_while_it_is_collected_again_and_again()
    {
        using var done = new CancellationTokenSource();
        var collecting = Task.Run(async () =>
        {
            var times = 0;
            for (; !done.IsCancellationRequested; times++)
                await server.Collector.RunAsync(dryRun: false, WorkingServer.Ended);
            return times;
        });

        for (var run = 1; run <= 8; run++)
        {
            // The first of two waits until the second makes it pointless.
            Assert.Null(await server.Plane.Loop.AskAsync(StreamId.OfEnvironment("shop", "staging"), new HoldEnvironment("ada", "Wait.")));
            client.Commit($"Change {run}", ($"{run}.txt", $"{run}"));
            // Also commits that no branch has any more when their run is built.
            await PushAsync("+main");
            client.Do("commit", "-q", "--amend", "-m", $"Change {run}, better");
            await PushAsync("+main");
            await server.RunEndsAsync((2 * run) - 1);
            await server.RunEndsAsync(2 * run);
            await CheckAsync("staging");
            Assert.Null(await server.Plane.Loop.AskAsync(StreamId.OfEnvironment("shop", "staging"), new ResumeEnvironment("ada")));
            await server.GoesLiveAsync("production", 2 * run);
            await CheckAsync();
        }

        Assert.Null(await server.Plane.Loop.AskAsync(
            StreamId.OfEnvironment("shop", "production"), new RollBackEnvironment("ada", "It looks wrong.")));
        await Eventually.That(() => server.Plane.Environment("shop", "production") is { Active: null, Live.Candidate.Run: < 16 }, "it went back");
        await CheckAsync();
        await done.CancelAsync();
        Assert.True(await collecting > 3, $"collected {await collecting} times");
        Assert.Contains(Enumerable.Range(1, 16), run => server.Plane.Run("shop", run)!.Collected is not null);
        Assert.All(Enumerable.Range(1, 16), run => Assert.Equal(RunStatus.Succeeded, server.Plane.Run("shop", run)!.Status));
    }

    [Fact]
    public async Task Old_run_that_nothing_needs_goes_with_package_and_logs_and_says_so()
    {
        await RunsAsync(6);
        var old = server.Plane.Run("shop", 2)!;
        Assert.True(server.Packages.Contains(old.Package!.App));

        var would = await server.Collector.RunAsync(dryRun: true, WorkingServer.Ended);
        Assert.Null(server.Plane.Run("shop", 2)!.Collected);
        Assert.True(server.Packages.Contains(old.Package!.App));
        var summary = await server.Collector.RunAsync(dryRun: false, WorkingServer.Ended);

        Assert.Equal((would.Runs, would.Logs, would.Blobs, would.Bytes), (summary.Runs, summary.Logs, summary.Blobs, summary.Bytes));
        Assert.NotNull(server.Plane.Run("shop", 2)!.Collected);
        Assert.False(server.Packages.Contains(old.Package!.Digest));
        Assert.False(server.Packages.Contains(old.Package!.App));
        Assert.Null(server.Packages.Index.Find("shop:run-2"));
        Assert.Equal(1, server.Logs.ExtentOf(RunMachine.AttemptId(old, old.Jobs[0], old.Jobs[0].Attempts[^1])).Next);
        var refused = await server.Steering.PromoteAsync("shop", "staging", 2, confirmOlder: true, null, "ada");
        Assert.Equal(AskedStatus.Refused, refused.Status);
        Assert.Matches(@"^Package and logs of run 2 were removed on \d{4}-\d\d-\d\d, .* push its commit again\.$", refused.Sentence);
        var again = await server.Collector.RunAsync(dryRun: false, WorkingServer.Ended);
        Assert.Equal((0, 0, 0), (again.Runs, again.Logs, again.Blobs));
        await CheckAsync();
    }

    [Fact]
    public async Task What_is_young_is_kept_until_it_is_old()
    {
        await RunsAsync(3);
        var time = new ShiftedTime();
        using var collector = With(new RetentionRules(Runs: 0, Days: 30), time);

        Assert.Equal(0, (await collector.RunAsync(dryRun: false, WorkingServer.Ended)).Runs);
        time.Add(TimeSpan.FromDays(31));
        using var keeping = With(new RetentionRules(Runs: 3, Days: 30), time);
        Assert.Equal(0, (await keeping.RunAsync(dryRun: true, WorkingServer.Ended)).Runs);
        // The first and the third were live, and can be gone back to.
        Assert.Equal(1, (await collector.RunAsync(dryRun: false, WorkingServer.Ended)).Runs);
        Assert.NotNull(server.Plane.Run("shop", 2)!.Collected);
    }

    [Fact]
    public async Task Bytes_that_nothing_refers_to_yet_are_kept_for_an_hour()
    {
        var uploaded = await server.Packages.PutBlobAsync(new MemoryStream([1, 2, 3]), null, 10, WorkingServer.Ended);
        var time = new ShiftedTime();
        using var collector = With(new RetentionRules(), time);

        Assert.Equal(0, (await collector.RunAsync(dryRun: false, WorkingServer.Ended)).Blobs);
        Assert.True(server.Packages.Contains(uploaded));
        time.Add(TimeSpan.FromHours(2));
        Assert.Equal(1, (await collector.RunAsync(dryRun: false, WorkingServer.Ended)).Blobs);
        Assert.False(server.Packages.Contains(uploaded));
    }

    [Fact]
    public async Task What_jobs_left_for_a_run_under_way_is_kept()
    {
        server.Keeps = command => command is StorePackage;
        await PushAsync("main");
        await Eventually.That(() => server.Begun.OfType<StorePackage>().Any(), "the jobs are done");

        await server.Collector.RunAsync(dryRun: false, WorkingServer.Ended);
        server.Release();

        await server.GoesLiveAsync("production", 1);
    }

    [Fact]
    public async Task Nothing_is_removed_while_it_is_backed_up()
    {
        var uploaded = await server.Packages.PutBlobAsync(new MemoryStream([1, 2, 3]), null, 10, WorkingServer.Ended);
        CollectionSummary summary;
        using (server.Packages.KeepBlobs())
            summary = await server.Collector.RunAsync(dryRun: false, WorkingServer.Ended);

        Assert.Contains("A backup is being written", Assert.Single(summary.Notes), StringComparison.Ordinal);
        Assert.True(server.Packages.Contains(uploaded));
        Assert.Equal(1, (await server.Collector.RunAsync(dryRun: false, WorkingServer.Ended)).Blobs);
    }

    [Fact]
    public async Task Kill_between_giving_up_and_removing_leaves_a_store_that_verifies_and_the_next_time_goes_on()
    {
        await RunsAsync(6);
        // All that a collection does before it removes the first file.
        Assert.Null(await server.Plane.Loop.AskAsync(StreamId.OfRun("shop", 2), new CollectRun()));
        var gone = server.Plane.Run("shop", 2)!.Package!;
        server.Packages.Index.Remove(digest => digest == gone.Digest);
        await server.DisposeAsync();
        server = await WorkingServer.StartAsync(folder.At("data"));

        await CheckAsync();
        Assert.True(server.Packages.Contains(gone.App));
        await server.Collector.RunAsync(dryRun: false, WorkingServer.Ended);
        Assert.False(server.Packages.Contains(gone.App));
        await CheckAsync();
    }

    [Fact]
    public async Task What_waited_too_long_under_a_hold_is_kept_until_the_hold_is_lifted_and_goes_live_then()
    {
        var time = new ShiftedTime();
        await server.DisposeAsync();
        server = await WorkingServer.StartAsync(folder.At("data"), time);
        await PushAsync("main");
        await server.GoesLiveAsync("production", 1);
        var staging = StreamId.OfEnvironment("shop", "staging");
        Assert.Null(await server.Plane.Loop.AskAsync(staging, new HoldEnvironment("ada", "Wait.")));
        client.Commit("Change 2", ("2.txt", "2"));
        await PushAsync("main");
        await server.RunEndsAsync(2);
        for (var run = 3; run <= 5; run++)
        {
            client.Commit($"Idea {run}", ("idea.txt", $"{run}"));
            await PushAsync("HEAD:refs/heads/idea");
            await server.RunEndsAsync(run);
        }

        time.Add(EnvironmentMachine.WaitTimeout + TimeSpan.FromHours(1));
        // Any input makes the loop look at the time.
        await server.Plane.Loop.AskAsync(staging, new HandOverTaken("nowhere", [1], true));
        await Eventually.That(
            () => server.Plane.Environment("shop", "staging")!.Deployments[^1].Status == DeploymentStatus.Refused, "run 2 is refused");
        await server.Collector.RunAsync(dryRun: false, WorkingServer.Ended);
        Assert.NotNull(server.Plane.Run("shop", 3)!.Collected);
        await CheckAsync("staging");

        Assert.Equal(AskedStatus.Taken, (await server.Steering.ResumeAsync("shop", "staging", "ada")).Status);
        await server.GoesLiveAsync("production", 2);
        await CheckAsync();
    }

    private Collector With(RetentionRules rules, TimeProvider time) => new(
        server.Plane, server.Packages, server.Logs, server.Repositories, server.InUse, rules, time, NullLogger<Collector>.Instance);

    /// <summary>Runs that are live in production one after the other; the second never gets there, as the third comes first.</summary>
    private async Task RunsAsync(int count)
    {
        for (var run = 1; run <= count; run++)
        {
            client.Commit($"Change {run}", ($"{run}.txt", $"{run}"));
            server.Keeps = command => run == 2 && command is StorePackage;
            await PushAsync("main");
            if (run == 2)
            {
                await Eventually.That(() => server.Begun.OfType<StorePackage>().Any(store => store.Run == 2), "the jobs of run 2 are done");
                continue;
            }

            await server.GoesLiveAsync("production", run);
            if (run == 3)
                server.Release();
        }

        if (count > 1)
            await server.RunEndsAsync(2);
    }

    /// <summary>Everything that an environment may need, and every run that was not given up, is whole; index and blobs agree.</summary>
    private async Task CheckAsync(params string[] environments)
    {
        var needed = (from name in environments.Length > 0 ? environments : ["staging", "production"]
            let environment = server.Plane.Environment("shop", name)!
            from run in RunsInUse.Of(environment)
            select run).Distinct().ToList();
        foreach (var run in needed.Select(run => server.Plane.Run("shop", run)!))
        {
            Assert.Null(run.Collected);
            foreach (var digest in (Digest[])[run.Package!.Digest, run.Package.App, run.Package.Deploy])
                await server.Packages.VerifyAsync(digest, WorkingServer.Ended);
            Assert.Null(await server.Repositories.UnreachedAsync("shop", [run.Request.Commit], WorkingServer.Ended));
        }

        if (environments.Length > 0)
            return;
        var count = server.Plane.Project("shop")!.Requests.Count;
        Assert.All(Enumerable.Range(1, count), run => Assert.Equal(
            server.Plane.Run("shop", run) is { Collected: null, Package: not null },
            server.Packages.Index.Find($"shop:run-{run}") is { } digest && server.Packages.Contains(digest)));
    }

    private async Task PushAsync(params string[] refs)
    {
        var (exitCode, text) = await client.TryAsync(["push", server.AddressOf("shop"), .. refs]);
        Assert.True(exitCode == 0, text);
    }
}
