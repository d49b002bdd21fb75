using System.Diagnostics;
using System.Text.Json;
using Towpath.Core.Commits;
using Towpath.Engine.Git;
using Towpath.Engine.Journal;

namespace Towpath.Tests.Server.Git;

/// <summary>
/// A kill anywhere between the announcement of a push and its end: every ref that moved has one run, and no hook waits for
/// the dead.
/// </summary>
public sealed class CrashTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly TestFolder folder = new();
    private readonly MemoryJournal journal = new();
    private readonly GitClient client;

    public CrashTests()
    {
        client = new GitClient(folder.At("work", "shop"));
        client.Commit("One", ("towpath.yml", Files.Pipeline));
    }

    private string Data => folder.At("data");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Push_whose_hook_dies_before_it_settles_is_settled_from_the_reflog()
    {
        await using var server = await GitServer.StartAsync(Data, journal);
        KillPostReceive(server);

        var (_, text) = await PushAsync(server, "main", "main:feature");

        Assert.DoesNotContain("remote: run", text, StringComparison.Ordinal);
        await SettledAsync(server);
        Assert.Equal(["refs/heads/main", "refs/heads/feature"], server.Project("shop").Requests.Select(run => run.Ref));
    }

    [Fact]
    public async Task Push_that_a_dead_server_left_is_settled_by_the_next_one()
    {
        await using (var dead = await GitServer.StartAsync(Data, journal, resolves: false))
        {
            KillPostReceive(dead);
            await PushAsync(dead, "main");
            Assert.Single(dead.Project("shop").Pushes);
            Assert.Empty(dead.Project("shop").Requests);
        }

        await using var server = await GitServer.StartAsync(Data, journal);

        await SettledAsync(server);
        Assert.Equal(client.Head, Assert.Single(server.Project("shop").Requests).Commit);
    }

    [Fact]
    public async Task Push_that_was_announced_and_moved_nothing_is_given_up()
    {
        await using (var dead = await GitServer.StartAsync(Data, journal, resolves: false))
        {
            await PushAsync(dead, "main");

            // The hook dies after the server said yes: git moves nothing.
            var hook = Path.Combine(dead.Repositories.HooksFolder, "pre-receive");
            File.WriteAllText(hook, File.ReadAllText(hook).Replace(".) answer=0", ".) kill -9 $$", StringComparison.Ordinal));
            client.Commit("Two");
            Assert.NotEqual(0, (await PushAsync(dead, "main")).ExitCode);
            Assert.Single(dead.Project("shop").Pushes);
        }

        await using var server = await GitServer.StartAsync(Data, journal);

        await SettledAsync(server);
        Assert.Single(server.Project("shop").Requests);
    }

    [Fact]
    public async Task There_and_back_again_are_as_many_runs_whoever_settles_them()
    {
        var first = client.Head;
        var second = client.Commit("Two");
        await using (var dead = await GitServer.StartAsync(Data, journal))
        {
            await PushAsync(dead, $"{first}:refs/heads/main");
            KillPostReceive(dead);
            await PushAsync(dead, $"{second}:refs/heads/main");
            await PushAsync(dead, "--force", $"{first}:refs/heads/main");
            await SettledAsync(dead);
        }

        await using var server = await GitServer.StartAsync(Data, journal);
        await PushAsync(server, $"{second}:refs/heads/main");

        Assert.Equal([first, second, first, second], server.Project("shop").Requests.OrderBy(run => run.Order).Select(run => run.Commit));
    }

    [Fact]
    public async Task Second_push_right_after_a_kill_comes_after_the_first()
    {
        var first = client.Head;
        await using (var dead = await GitServer.StartAsync(Data, journal, resolves: false))
        {
            KillPostReceive(dead);
            await PushAsync(dead, "main");
        }

        await using var server = await GitServer.StartAsync(Data, journal);
        var second = client.Commit("Two");
        var (exitCode, text) = await PushAsync(server, "main");

        Assert.True(exitCode == 0, text);
        Assert.Contains("remote: run 2 of shop", text, StringComparison.Ordinal);
        Assert.Equal([first, second], server.Project("shop").Requests.OrderBy(run => run.Order).Select(run => run.Commit));
    }

    [Fact]
    public async Task Deletion_that_nobody_heard_of_is_found()
    {
        await using (var dead = await GitServer.StartAsync(Data, journal))
            await PushAsync(dead, "main", "main:feature");
        await using (var dead = await GitServer.StartAsync(Data, journal, resolves: false))
        {
            KillPostReceive(dead);
            await PushAsync(dead, ":feature");
        }

        await using var server = await GitServer.StartAsync(Data, journal);

        await SettledAsync(server);
        Assert.Equal(["refs/heads/main"], server.Project("shop").Refs.Keys);
    }

    [Fact]
    public async Task Processes_of_a_dead_servers_push_end_before_it_is_resolved()
    {
        await using (var dead = await GitServer.StartAsync(Data, journal, resolves: false))
        {
            KillPostReceive(dead);
            await PushAsync(dead, "main");
        }

        var push = JsonDocument.Parse(journal.Read("shop")[0].Data).RootElement.GetProperty("id").GetString()!;
        using var straggler = Process.Start(new ProcessStartInfo("sh", ["-c", "read line"])
        {
            RedirectStandardInput = true,
            Environment = { [PushMark.Variable] = push },
        })!;
        await using var server = await GitServer.StartAsync(Data, journal);
        await Eventually.That(() => server.Agents.Begun.ContainsKey($"shop/pushes/{push}"), "the push is asked about");
        Assert.Single(server.Project("shop").Pushes);

        straggler.StandardInput.Close();

        await SettledAsync(server);
        Assert.Single(server.Project("shop").Requests);
    }

    [Theory]
    [InlineData("pre-receive", "Nothing was taken: push again when it is back.")]
    [InlineData("post-receive", "The push is stored, and its run begins when it is back.")]
    public async Task Hook_whose_server_is_gone_ends_and_says_so(string name, string next)
    {
        await using (var server = await GitServer.StartAsync(Data, journal))
            await PushAsync(server, "main");
        var push = folder.At("data", "git", "pushes", "p");
        Directory.CreateDirectory(push);
        Towpath.Protocol.Files.Fifo.Create(Path.Combine(push, "reply"));
        Towpath.Protocol.Files.Fifo.Create(folder.At("data", "git", "bell"));

        var (exitCode, text) = await RunHookAsync(name, push);

        Assert.NotEqual(0, exitCode);
        Assert.Contains($"The Towpath server went away. {next}", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pre-receive", "Nothing was taken: push again when it is back.")]
    [InlineData("post-receive", "The push is stored, and its run begins when it is back.")]
    public async Task Hook_whose_server_is_killed_while_it_waits_ends_and_says_so(string name, string next)
    {
        await using (var server = await GitServer.StartAsync(Data, journal))
            await PushAsync(server, "main");
        var push = folder.At("data", "git", "pushes", "p");
        Directory.CreateDirectory(push);
        var bell = folder.At("data", "git", "bell");
        Towpath.Protocol.Files.Fifo.Create(Path.Combine(push, "reply"));
        Towpath.Protocol.Files.Fifo.Create(bell);

        // Stands for the server: holds the pipes as it does, hears the bell, and never answers.
        var script = $"exec 3<>'{bell}' 4<>'{push}/reply'; echo ready; read line <&3; echo rung; read line";
        using var held = Process.Start(new ProcessStartInfo("sh", ["-c", script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("ready", await held.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        var hook = RunHookAsync(name, push);
        Assert.Equal("rung", await held.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        Assert.False(hook.IsCompleted);

        held.Kill();

        var (exitCode, text) = await hook;
        Assert.NotEqual(0, exitCode);
        Assert.Contains($"The Towpath server went away. {next}", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_earlier_server_left_is_swept()
    {
        await using (var dead = await GitServer.StartAsync(Data, journal))
        {
            await PushAsync(dead, "main");
            Directory.CreateDirectory(Path.Combine(dead.Repositories.PushesFolder, "left"));
            foreach (var name in (string[])["young", "old"])
                dead.Repositories.Create(name);
            foreach (var name in (string[])["old", "shop"])
                Directory.SetLastWriteTimeUtc(dead.Repositories.PathOf(name), TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-2));
        }

        await using var server = await GitServer.StartAsync(Data, journal);

        Assert.Empty(Directory.EnumerateDirectories(server.Repositories.PushesFolder));
        Assert.Equal([true, true, false], new[] { "shop", "young", "old" }.Select(server.Repositories.Exists));
    }

    private static void KillPostReceive(GitServer server)
    {
        var hook = Path.Combine(server.Repositories.HooksFolder, "post-receive");
        File.WriteAllText(hook, "#!/bin/sh\nkill -9 $$\n");
    }

    private static Task SettledAsync(GitServer server) =>
        Eventually.That(() => server.Project("shop").Pushes.Count == 0, "every push is settled", Soon);

    private async Task<(int ExitCode, string Text)> RunHookAsync(string name, string push)
    {
        var start = new ProcessStartInfo("/bin/sh", [folder.At("data", "git", "hooks", name)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment =
            {
                [PushMark.Variable] = "p",
                ["TOWPATH_PUSH_FOLDER"] = push,
                ["TOWPATH_BELL"] = folder.At("data", "git", "bell"),
            },
        };
        using var hook = Process.Start(start)!;
        await hook.StandardInput.WriteLineAsync($"{new string('0', 40)} {client.Head} refs/heads/main");
        hook.StandardInput.Close();
        var text = await hook.StandardOutput.ReadToEndAsync();
        await hook.WaitForExitAsync();
        return (hook.ExitCode, text);
    }

    private Task<(int ExitCode, string Text)> PushAsync(GitServer server, params string[] arguments)
    {
        var options = arguments.TakeWhile(argument => argument.StartsWith('-')).ToArray();
        return client.TryAsync(["push", .. options, server.AddressOf("shop"), .. arguments.Skip(options.Length)]);
    }
}
