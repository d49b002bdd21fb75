using Towpath.Core.Commits;
using Towpath.Engine.Journal;

namespace Towpath.Tests.Server.Git;

public sealed class PushTests : IAsyncLifetime
{
    private readonly TestFolder folder = new();
    private readonly IJournal journal = new MemoryJournal();
    private GitServer server = null!;
    private GitClient client = null!;

    public async ValueTask InitializeAsync()
    {
        server = await GitServer.StartAsync(folder.At("data"), journal);
        client = new GitClient(folder.At("work", "shop"));
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task First_push_makes_the_project_and_its_first_run()
    {
        var commit = client.Commit("Open the shop", ("towpath.yml", Files.Pipeline));

        var (exitCode, text) = await PushAsync("main");

        Assert.True(exitCode == 0, text);
        Assert.Contains($"remote: run 1 of shop: {server.Address}/shop/runs/1", text, StringComparison.Ordinal);
        var run = Assert.Single(server.Project("shop").Requests);
        Assert.Equal((1, commit, "refs/heads/main", "Open the shop", true), (run.Number, run.Commit, run.Ref, run.Subject, run.Deploys));
        Assert.Equal("build", Assert.Single(run.Pipeline.Jobs).Name);
        Assert.Empty(server.Project("shop").Pushes);
        Assert.NotNull(server.Control.Run("shop", 1));
        Assert.Empty(Directory.EnumerateDirectories(server.Repositories.PushesFolder));
    }

    [Fact]
    public async Task Clone_checks_out_the_branch_that_was_pushed_first()
    {
        client.Do("checkout", "-q", "-b", "stable");
        var commit = client.Commit("Open", ("towpath.yml", Files.Pipeline));
        await PushAsync("stable");

        client.Do("clone", "-q", server.AddressOf("shop"), folder.At("work", "copy"));

        Assert.Equal(commit, new GitClient(folder.At("work", "copy"), init: false).Head);
    }

    [Fact]
    public async Task Two_branches_in_one_push_are_two_runs_and_main_deploys()
    {
        client.Commit("Open", ("towpath.yml", Files.Pipeline));
        client.Do("branch", "feature");

        var (exitCode, text) = await PushAsync("feature", "main");

        Assert.True(exitCode == 0, text);
        Assert.Equal("refs/heads/main", server.Project("shop").DefaultBranch);
        Assert.Equal(
            [("refs/heads/main", true), ("refs/heads/feature", false)],
            server.Project("shop").Requests.Select(run => (run.Ref, run.Deploys)));
        Assert.Contains($"remote: run 2 of shop: {server.Address}/shop/runs/2 (builds and tests only)", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Force_push_back_is_a_newer_run_of_the_older_commit()
    {
        var first = client.Commit("One", ("towpath.yml", Files.Pipeline));
        await PushAsync("main");
        client.Commit("Two");
        await PushAsync("main");

        var (exitCode, text) = await PushAsync("--force", $"{first}:refs/heads/main");

        Assert.True(exitCode == 0, text);
        var runs = server.Project("shop").Requests;
        Assert.Equal([1, 2, 3], runs.Select(run => run.Number));
        Assert.Equal(first, runs[2].Commit);
        Assert.True(runs[2].Order > runs[1].Order);
    }

    [Fact]
    public async Task Deleted_branch_is_forgotten_and_starts_no_run()
    {
        client.Commit("One", ("towpath.yml", Files.Pipeline));
        await PushAsync("main", "main:feature");

        var (exitCode, text) = await PushAsync(":feature");

        Assert.True(exitCode == 0, text);
        Assert.Equal(["refs/heads/main"], server.Project("shop").Refs.Keys);
        Assert.Equal(2, server.Project("shop").Requests.Count);
        Assert.Empty(server.Project("shop").Pushes);
    }

    [Fact]
    public async Task Branch_that_is_deployed_is_not_deleted()
    {
        client.Commit("One", ("towpath.yml", Files.Pipeline));
        await PushAsync("main");

        var (exitCode, text) = await PushAsync(":main");

        Assert.NotEqual(0, exitCode);
        Assert.Contains("remote: 'main' is the branch of 'shop' that is deployed, so it is not deleted.", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tags_are_stored_and_start_no_run()
    {
        client.Commit("One", ("towpath.yml", Files.Pipeline));
        client.Do("tag", "-a", "-m", "First", "v1");

        var (exitCode, text) = await PushAsync("main", "v1");

        Assert.True(exitCode == 0, text);
        Assert.Single(server.Project("shop").Requests);
        Assert.NotNull(server.Ref("shop", "refs/tags/v1"));
    }

    [Fact]
    public async Task Invalid_file_is_refused_with_its_position_and_nothing_moves()
    {
        var good = client.Commit("Good", ("towpath.yml", Files.Pipeline));
        await PushAsync("main");
        client.Commit("Bad", ("towpath.yml", "jobs:\n  build:\n    step: [make]\n"));

        var (exitCode, text) = await PushAsync("main");

        Assert.NotEqual(0, exitCode);
        Assert.Contains("remote: towpath.yml:3:5: ", text, StringComparison.Ordinal);
        Assert.Contains("[remote rejected] main -> main (pre-receive hook declined)", text, StringComparison.Ordinal);
        Assert.Equal(good, server.Ref("shop", "refs/heads/main"));
        Assert.Single(server.Project("shop").Requests);
        Assert.Empty(server.Project("shop").Pushes);
    }

    [Fact]
    public async Task Missing_file_is_refused_with_what_to_do()
    {
        var commit = client.Commit("No file", ("readme", "hello"));

        var (exitCode, text) = await PushAsync("main");

        Assert.NotEqual(0, exitCode);
        Assert.Contains(
            $"remote: There is no towpath.yml in {commit[..12]} (main): run 'towpath init', commit the file and push again.",
            text, StringComparison.Ordinal);
        Assert.Null(server.Control.Project("shop"));
    }

    [Fact]
    public async Task File_that_is_too_large_is_refused_without_reading_it()
    {
        client.Commit("Large", ("towpath.yml", new string('#', (1 << 20) + 1)));

        var (exitCode, text) = await PushAsync("main");

        Assert.NotEqual(0, exitCode);
        Assert.Contains("remote: towpath.yml:1:1: the file has 1048577 bytes; at most 1048576 are read", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("refs/heads/-f", "begins with '-'")]
    [InlineData("refs/heads/a/--upload-pack=x", "begins with '-'")]
    [InlineData("refs/replace/0123456789012345678901234567890123456789", "refs/replace/ is not taken")]
    [InlineData("refs/for/main", "is not taken: push branches")]
    [InlineData("refs/heads/HEAD", "cannot be told from git's own HEAD")]
    public async Task Refs_that_mislead_are_refused(string name, string why)
    {
        client.Commit("One", ("towpath.yml", Files.Pipeline));

        var (exitCode, text) = await PushAsync($"HEAD:{name}");

        Assert.NotEqual(0, exitCode);
        Assert.Contains(why, text.Replace("\nremote: ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Null(server.Ref("shop", name));
        Assert.Null(server.Control.Project("shop"));
    }

    [Fact]
    public async Task More_than_a_hundred_refs_are_refused()
    {
        client.Commit("One", ("towpath.yml", Files.Pipeline));

        var (exitCode, text) = await PushAsync([.. Enumerable.Range(0, 101).Select(i => $"HEAD:refs/heads/b{i}")]);

        Assert.NotEqual(0, exitCode);
        Assert.Contains("remote: This push changes more than 100 refs; push fewer at a time.", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hooks_in_a_repository_never_run()
    {
        client.Commit("One", ("towpath.yml", Files.Pipeline));
        await PushAsync("main");
        var hooks = Path.Combine(server.Repositories.PathOf("shop"), "hooks");
        Directory.CreateDirectory(hooks);
        foreach (var name in (string[])["pre-receive", "update", "post-receive", "post-update", "reference-transaction", "proc-receive"])
        {
            File.WriteAllText(Path.Combine(hooks, name), $"#!/bin/sh\ntouch '{folder.Path}/ran'\n");
            File.SetUnixFileMode(Path.Combine(hooks, name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        client.Commit("Two");
        var (exitCode, text) = await PushAsync("main");

        Assert.True(exitCode == 0, text);
        Assert.False(File.Exists(Path.Combine(folder.Path, "ran")));
        Assert.Equal(2, server.Project("shop").Requests.Count);
    }

    [Fact]
    public async Task Object_that_fsck_refuses_is_refused()
    {
        client.Commit("One", ("towpath.yml", Files.Pipeline));
        var bad = Path.Combine(folder.Path, "bad");
        File.WriteAllText(bad, $"tree {client.Do("rev-parse", "HEAD^{tree}").Trim()}\nauthor nobody\ncommitter nobody\n\nBad\n");
        var commit = client.Do("hash-object", "-t", "commit", "-w", "--literally", bad).Trim();

        var (exitCode, text) = await PushAsync($"{commit}:refs/heads/main");

        Assert.NotEqual(0, exitCode);
        Assert.Contains("fsck", text, StringComparison.OrdinalIgnoreCase);
        Assert.Null(server.Ref("shop", "refs/heads/main"));
    }

    [Fact]
    public async Task Unknown_project_is_a_sentence_and_leaves_nothing_behind()
    {
        var (exitCode, text) = await client.TryAsync(["ls-remote", server.AddressOf("shpo")]);
        Assert.NotEqual(0, exitCode);
        Assert.Contains("remote: There is no project 'shpo' here", text, StringComparison.Ordinal);

        client.Commit("One");
        var dry = await client.TryAsync(["push", "--dry-run", server.AddressOf("shpo"), "main"]);
        Assert.Equal(0, dry.ExitCode);
        Assert.False(server.Repositories.Exists("shpo"));
    }

    [Fact]
    public async Task Name_that_is_none_is_refused()
    {
        client.Commit("One", ("towpath.yml", Files.Pipeline));

        var (exitCode, text) = await client.TryAsync(["push", server.AddressOf("Shop"), "main"]);

        Assert.NotEqual(0, exitCode);
        Assert.Contains("remote: 'Shop' is no name for a project", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dumb_protocol_is_refused()
    {
        using var http = new HttpClient();
        var cancel = TestContext.Current.CancellationToken;
        Assert.Equal(403, (int)(await http.GetAsync($"{server.AddressOf("shop")}/info/refs", cancel)).StatusCode);
        Assert.Equal(404, (int)(await http.GetAsync($"{server.AddressOf("shop")}/HEAD", cancel)).StatusCode);
        Assert.Equal(404, (int)(await http.GetAsync($"{server.AddressOf("shop")}/objects/info/packs", cancel)).StatusCode);
    }

    [Fact]
    public async Task Ten_pushes_at_once_are_ten_runs()
    {
        client.Commit("One", ("towpath.yml", Files.Pipeline));
        await PushAsync("main");

        var pushes = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => PushAsync($"HEAD:refs/heads/b{i}")));

        Assert.All(pushes, push => Assert.True(push.ExitCode == 0, push.Text));
        var runs = server.Project("shop").Requests;
        Assert.Equal(Enumerable.Range(1, 11), runs.Select(run => run.Number));
        Assert.Equal(11, runs.Select(run => run.Ref).Distinct().Count());
    }

    [Fact]
    public async Task Of_two_pushes_that_race_for_one_branch_the_runs_are_those_that_git_took()
    {
        client.Commit("One", ("towpath.yml", Files.Pipeline));
        await PushAsync("main");
        var commits = Enumerable.Range(0, 6).Select(i => client.Commit($"Race {i}")).ToList();

        var pushes = await Task.WhenAll(commits.Select(commit => PushAsync("--force", $"{commit}:refs/heads/main")));

        var taken = server.Project("shop").Requests.Skip(1).ToList();
        Assert.Equal(pushes.Count(push => push.ExitCode == 0 && push.Text.Contains("remote: run", StringComparison.Ordinal)), taken.Count);
        var reflog = File.ReadLines(Path.Combine(server.Repositories.PathOf("shop"), "logs/refs/heads/main"))
            .Skip(1)
            .Select(line => line.Split(' ')[1]);
        Assert.Equal(reflog, taken.OrderBy(run => run.Order).Select(run => run.Commit));
        await Eventually.That(() => server.Project("shop").Pushes.Count == 0, "every push is settled");
    }

    [Fact]
    public async Task Large_push_comes_through_in_chunks()
    {
        var noise = new byte[6 << 20];
        new Random(1).NextBytes(noise);
        var commit = client.Commit("Large", ("towpath.yml", Files.Pipeline));
        File.WriteAllBytes(Path.Combine(client.Folder, "noise"), noise);
        commit = client.Commit("Larger");

        var (exitCode, text) = await PushAsync("main");

        Assert.True(exitCode == 0, text);
        client.Do("clone", "-q", server.AddressOf("shop"), folder.At("work", "copy"));
        Assert.Equal(noise, await File.ReadAllBytesAsync(folder.At("work", "copy", "noise"), TestContext.Current.CancellationToken));
        Assert.Equal(["noise", "towpath.yml"], await server.Repositories.FilesAsync("shop", commit, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Port_of_another_project_is_refused()
    {
        client.Commit("One", ("towpath.yml", Files.Deploying));
        await PushAsync("main");

        var (exitCode, text) = await client.TryAsync(["push", server.AddressOf("bakery"), "main"]);

        Assert.NotEqual(0, exitCode);
        Assert.Contains(
            "Port 8081 of environment 'staging' belongs to environment 'staging' of 'shop'",
            text.Replace("\nremote: ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_push_option_is_said_to_do_nothing()
    {
        client.Commit("One", ("towpath.yml", Files.Pipeline));

        var (exitCode, text) = await PushAsync("-o", "wiat", "main");

        Assert.True(exitCode == 0, text);
        Assert.Contains("remote: The push option 'wiat' is not known and does nothing; there is 'wait'.", text, StringComparison.Ordinal);
    }

    private Task<(int ExitCode, string Text)> PushAsync(params string[] arguments)
    {
        var options = arguments.TakeWhile(argument => argument.StartsWith('-') || argument == "wiat").ToArray();
        return client.TryAsync(["push", .. options, server.AddressOf("shop"), .. arguments.Skip(options.Length)]);
    }
}
