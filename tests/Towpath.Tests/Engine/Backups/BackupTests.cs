using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Runs;
using Towpath.Engine.Backups;
using Towpath.Engine.Packages;
using Towpath.Protocol.Archives;
using Towpath.Tests.Server;
using Towpath.Tests.Server.Git;

namespace Towpath.Tests.Engine.Backups;

/// <summary>A backup that is written while pushes and deployments go on, and what comes of its restore.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly GitClient client;

    public BackupTests()
    {
        client = new GitClient(folder.At("work", "shop"));
        client.Commit("Open", ("towpath.yml", RunningServer.ShopPipeline));
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Backup_under_load_restores_to_a_server_that_keeps_every_promise()
    {
        var files = new List<string>();
        await using (var server = await WorkingServer.StartAsync(folder.At("data")))
        {
            await PushAsync(server, "main");
            await server.GoesLiveAsync("production", 1);
            var pushing = Task.Run(() => PushManyAsync(server), WorkingServer.Ended);
            while (!pushing.IsCompleted || files.Count == 0)
                files.Add(await server.BackupAsync(folder.At($"{files.Count}.tar.gz")));
            await pushing;
        }

        Assert.True(files.Count >= 3, $"{files.Count} backups were written while pushes went on");
        for (var index = 0; index < files.Count; index += Math.Max(1, files.Count / 5))
            await CheckAsync(files[index], folder.At($"restored-{index}"));
    }

    [Fact]
    public async Task Push_that_came_after_the_backup_is_a_run_when_it_is_pushed_again()
    {
        await using (var server = await WorkingServer.StartAsync(folder.At("data")))
        {
            await PushAsync(server, "main");
            await server.GoesLiveAsync("production", 1);
            // Git has moved the ref already when the journal is copied, and has not said so.
            server.Keeps = command => command is RunJob;
            await server.BackupAsync(folder.At("b.tar.gz"));
            client.Commit("Later", ("later.txt", "1"));
            await PushAsync(server, "main");
        }

        await RestoreAsync("b.tar.gz", "restored");
        await using var restored = await WorkingServer.StartAsync(folder.At("restored"));
        await PushAsync(restored, "main");

        await Eventually.That(() => restored.Plane.Project("shop")!.Requests.Count == 2, "the push is a run again");
        var run = restored.Plane.Project("shop")!.Requests[^1];
        Assert.Equal((client.Head, 1_000_002), (run.Commit, run.Number));
        await restored.RunEndsAsync(1_000_002);
    }

    [Fact]
    public async Task Nothing_is_deployed_by_itself_until_a_person_resumes()
    {
        await using (var server = await WorkingServer.StartAsync(folder.At("data")))
        {
            await PushAsync(server, "main");
            await server.GoesLiveAsync("production", 1);
            server.Keeps = command => command is ShiftTraffic;
            client.Commit("Second", ("second.txt", "2"));
            await PushAsync(server, "main");
            await Eventually.That(
                () => server.Plane.Environment("shop", "staging")!.Active is { Stage: Stage.Shift }, "traffic is about to move in staging");
            await server.BackupAsync(folder.At("b.tar.gz"));
        }

        await RestoreAsync("b.tar.gz", "restored");
        await using var restored = await WorkingServer.StartAsync(folder.At("restored"));
        client.Commit("Third", ("third.txt", "3"));
        await PushAsync(restored, "main");
        await restored.RunEndsAsync(1_000_003);
        await Eventually.That(
            () => restored.Plane.Environment("shop", "staging")!.Waiting.Any(), "the new candidate waits in staging");

        Assert.DoesNotContain(restored.Begun, command => command is StartRelease or ShiftTraffic or WithdrawRelease);
        var staging = restored.Plane.Environment("shop", "staging")!;
        Assert.Matches(@"^Restored from a backup of \d{4}-\d\d-\d\d \d\d:\d\d UTC: look at what is live, then resume\.$", staging.Hold?.Reason);
        foreach (var environment in (string[])["staging", "production"])
            Assert.Null(await restored.Plane.Loop.AskAsync(StreamId.OfEnvironment("shop", environment), new ResumeEnvironment("ada")));
        await restored.GoesLiveAsync("production", 1_000_003);
    }

    [Fact]
    public async Task Keys_are_apart_and_without_them_it_is_said_which_secrets_are_lost()
    {
        await using (var server = await WorkingServer.StartAsync(folder.At("data")))
        {
            await PushAsync(server, "main");
            server.Secrets.Set("shop", "production", "DB_PASSWORD", "hunter2");
            await server.BackupAsync(folder.At("b.tar.gz"));
            await server.BackupAsync(folder.At("with-keys.tar.gz"), withKeys: true);
            BackupKeys.Read(server.Places).WriteTo(folder.At("keys.json"));
        }

        var without = await RestoreAsync("b.tar.gz", "without");
        Assert.Equal(["shop/production: DB_PASSWORD"], without.LostSecrets);
        Assert.False(Directory.Exists(folder.At("without", "server", "keys")) && Directory.GetFiles(folder.At("without", "server", "keys")).Length > 0);

        var with = await BackupRestore.RunAsync(
            folder.At("b.tar.gz"), folder.At("with"), BackupKeys.Open(folder.At("keys.json")), TimeProvider.System, WorkingServer.Ended);
        Assert.Empty(with.LostSecrets);
        Assert.Empty((await RestoreAsync("with-keys.tar.gz", "within")).LostSecrets);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.At("keys.json")));
        foreach (var data in (string[])["with", "within"])
        {
            await using var restored = await WorkingServer.StartAsync(folder.At(data));
            Assert.Equal("hunter2", restored.Secrets.Reveal("shop", "production", ["DB_PASSWORD"]).Values.Find("DB_PASSWORD"));
        }
    }

    [Fact]
    public async Task What_was_damaged_before_is_named_in_the_backup_and_does_not_keep_the_rest_from_coming_back()
    {
        BackupSummary summary;
        await using (var server = await WorkingServer.StartAsync(folder.At("data")))
        {
            await PushAsync(server, "main");
            await server.RunEndsAsync(1);
            client.Commit("Second", ("second.txt", "2"));
            await PushAsync(server, "main");
            await server.RunEndsAsync(2);
            var blob = Path.Combine(server.Places.Store, "blobs", "sha256", server.Plane.Run("shop", 1)!.Package!.App.Hex);
            var bytes = await File.ReadAllBytesAsync(blob, WorkingServer.Ended);
            bytes[^1] ^= 1;
            await File.WriteAllBytesAsync(blob, bytes, WorkingServer.Ended);
            await using var file = File.Create(folder.At("b.tar.gz"));
            summary = await server.Backups.WriteAsync(file, withKeys: false, WorkingServer.Ended);
        }

        var gap = Assert.Single(summary.Gaps);
        Assert.Equal(("shop", 1), (gap.Project, gap.Run));
        Assert.Contains("damaged", gap.Sentence, StringComparison.Ordinal);
        Assert.Equal(gap, Assert.Single((await RestoreAsync("b.tar.gz", "restored")).Backup.Gaps));
    }

    private async Task CheckAsync(string file, string data)
    {
        var restored = await BackupRestore.RunAsync(file, data, null, TimeProvider.System, WorkingServer.Ended);
        await using var server = await WorkingServer.StartAsync(data);
        var project = server.Plane.Project("shop")!;
        var newest = project.Requests[^1].Number;
        for (var run = 1; run <= newest; run++)
            await server.RunEndsAsync(run);
        Assert.Equal(newest, restored.Runs);
        foreach (var (name, commit) in project.Refs)
            Assert.Equal([commit], (await server.Repositories.RefsAsync("shop", [name], WorkingServer.Ended)).Select(found => found.Commit));
        for (var run = 1; run <= newest; run++)
            await CheckRunAsync(server, server.Plane.Run("shop", run)!);
        await CheckGoingOnAsync(server);
    }

    private static async Task CheckRunAsync(WorkingServer server, RunState run)
    {
        Assert.Null(await server.Repositories.UnreachedAsync("shop", [run.Request.Commit], WorkingServer.Ended));
        foreach (var job in run.Jobs)
        {
            // Also the log of what was under way when the backup was made, and was done again.
            var log = RunMachine.AttemptId(run, job, job.Attempts[^1]);
            var lines = await server.Logs.ReadAsync(log, 1, WorkingServer.Ended).ToListAsync(WorkingServer.Ended);
            Assert.Equal([$"building {run.Request.Commit}"], lines.Select(line => line.Text));
            Assert.True(server.Logs.ExtentOf(log).Complete, log);
        }

        if (!run.Request.Deploys)
            return;
        var package = new PackageBuilder(server.Packages, TreeArchiveLimits.Default).Read(run.Package!.Digest);
        foreach (var digest in (Towpath.Core.Packages.Digest[])[package.Digest, package.App, package.Deploy])
            await server.Packages.VerifyAsync(digest, WorkingServer.Ended);
    }

    /// <summary>The next push becomes live, and a rollback takes it back.</summary>
    private async Task CheckGoingOnAsync(WorkingServer server)
    {
        foreach (var environment in (string[])["staging", "production"])
            Assert.Null(await server.Plane.Loop.AskAsync(StreamId.OfEnvironment("shop", environment), new ResumeEnvironment("ada")));
        var before = server.Plane.Environment("shop", "production")!.Live!.Candidate.Run;
        await PushAsync(server, "main");
        var run = server.Plane.Project("shop")!.Requests[^1];
        Assert.Equal((client.Head, true), (run.Commit, run.Number > 1_000_000));
        await server.GoesLiveAsync("production", run.Number);
        var back = Rollback.Target(server.Plane.Environment("shop", "production")!)!.Candidate.Run;
        Assert.Null(await server.Plane.Loop.AskAsync(
            StreamId.OfEnvironment("shop", "production"), new RollBackEnvironment("ada", "It looks wrong.")));
        await server.GoesLiveAsync("production", back);
        Assert.True(back >= before);
    }

    /// <summary>Commits, commits that replace others, branches and tags.</summary>
    private async Task PushManyAsync(WorkingServer server)
    {
        for (var number = 2; number <= 12; number++)
        {
            client.Commit($"Change {number}", ($"{number}.txt", $"{number}"));
            await PushAsync(server, "main");
            if (number % 3 == 0)
            {
                client.Do("commit", "-q", "--amend", "-m", $"Change {number}, better");
                client.Do("tag", $"v{number}");
                await PushAsync(server, "+main", $"v{number}", $"main:idea-{number}");
            }
        }

        client.Commit("Last", ("last.txt", "1"));
    }

    private Task<Restored> RestoreAsync(string file, string data) =>
        BackupRestore.RunAsync(folder.At(file), folder.At(data), null, TimeProvider.System, WorkingServer.Ended);

    private async Task PushAsync(WorkingServer server, params string[] refs)
    {
        var (exitCode, text) = await client.TryAsync(["push", "-f", server.AddressOf("shop"), .. refs]);
        Assert.True(exitCode == 0, text);
    }
}
