using Towpath.Engine.Git;
using Towpath.Tests.Server.Git;

namespace Towpath.Tests.Engine.Git;

public sealed class RepositoriesTests : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly Repositories repositories;
    private readonly GitClient client;

    public RepositoriesTests()
    {
        repositories = new Repositories(folder.At("git"));
        repositories.Create("shop");
        client = new GitClient(folder.At("work", "shop"));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("shop", true)]
    [InlineData("0-a_b.c", true)]
    [InlineData("", false)]
    [InlineData("Shop", false)]
    [InlineData("-shop", false)]
    [InlineData(".shop", false)]
    [InlineData("_none", false)]
    [InlineData("a..b", false)]
    [InlineData("a/b", false)]
    [InlineData("shop.git", false)]
    [InlineData("shop.lock", false)]
    [InlineData("shöp", false)]
    public void Names_of_projects_are_plain(string name, bool isFine) => Assert.Equal(isFine, ProjectName.Problem(name) is null);

    [Fact]
    public void Longest_name_has_63_characters()
    {
        Assert.Null(ProjectName.Problem(new string('a', 63)));
        Assert.NotNull(ProjectName.Problem(new string('a', 64)));
    }

    [Fact]
    public async Task Git_takes_what_was_made_for_a_repository()
    {
        var (exitCode, output, errors) = await repositories.Surroundings.RunAsync(
            ["--git-dir", repositories.PathOf("shop"), "fsck", "--strict"], Cancel);

        Assert.True(exitCode == 0, output + errors);
        Assert.Equal("true", await ConfigAsync("core.bare"));
    }

    [Theory]
    [InlineData("core.fsync", "all")]
    [InlineData("core.fsyncMethod", "fsync")]
    [InlineData("core.logAllRefUpdates", "always")]
    [InlineData("receive.fsckObjects", "true")]
    [InlineData("transfer.fsckObjects", "true")]
    [InlineData("receive.maxInputSize", "1073741824")]
    [InlineData("receive.advertisePushOptions", "true")]
    [InlineData("gc.auto", "0")]
    public async Task Settings_that_promises_rest_on_are_in_force(string name, string value) =>
        Assert.Equal(value, await ConfigAsync(name));

    [Theory]
    [InlineData("core.fsync", "all")]
    [InlineData("core.logAllRefUpdates", "always")]
    [InlineData("gc.auto", "0")]
    [InlineData("gc.reflogExpire", "never")]
    public void Settings_hold_for_a_persons_own_git_as_well(string name, string value) =>
        Assert.Equal(value, client.Do("--git-dir", repositories.PathOf("shop"), "config", name).Trim());

    [Fact]
    public async Task File_of_a_commit_is_read()
    {
        var commit = Push(client.Commit("One", ("a/towpath.yml", "\uFEFFjobs: {}\n")));

        var file = await repositories.ReadFileAsync("shop", commit, "a/towpath.yml", null, 100, Cancel);

        Assert.Equal(("blob", 12L, "jobs: {}\n"), (file!.Type, file.Size, file.Text));
        Assert.Null(await repositories.ReadFileAsync("shop", commit, "b", null, 100, Cancel));
        Assert.Equal("tree", (await repositories.ReadFileAsync("shop", commit, "a", null, 100, Cancel))!.Type);
    }

    [Fact]
    public async Task Large_file_comes_without_its_content_and_the_next_ones_with_theirs()
    {
        var commit = Push(client.Commit("One", ("large", new string('x', 1000)), ("small", "s")));

        var found = await repositories.ReadAsync("shop", [$"{commit}:large", $"{commit}:none", $"{commit}:small"], null, 999, Cancel);

        Assert.Equal((1000L, null), (found[0]!.Size, found[0]!.Content));
        Assert.Null(found[1]);
        Assert.Equal("s", found[2]!.Text);
    }

    [Fact]
    public async Task Subject_is_one_line_without_control_characters()
    {
        var commit = Push(client.Commit("Red \u001b[31malert\u001b[0m\n\nbody"));

        Assert.Equal("Red ?[31malert?[0m", await repositories.SubjectAsync("shop", commit, Cancel));
        Assert.Equal("", await repositories.SubjectAsync("shop", new string('1', 40), Cancel));
    }

    [Fact]
    public async Task Files_are_listed_with_their_paths()
    {
        var commit = Push(client.Commit("One", ("b/ö \"x\"", ""), ("a", "")));

        Assert.Equal(["a", "b/ö \"x\""], await repositories.FilesAsync("shop", commit, Cancel));
        await Assert.ThrowsAsync<GitException>(() => repositories.FilesAsync("shop", "--help", Cancel));
    }

    [Fact]
    public async Task Many_packs_become_few_and_nothing_is_lost()
    {
        var lost = Push(client.Commit("Lost"));
        for (var i = 0; i < 50; i++)
            Push(client.Commit($"Commit {i}"));
        var last = client.Head;
        client.Do("push", "-q", "-f", repositories.PathOf("shop"), $"{last}~30:refs/heads/main");
        var packs = Path.Combine(repositories.PathOf("shop"), "objects", "pack");
        Assert.True(Directory.GetFiles(packs, "*.pack").Length >= 50);

        await repositories.TidyAsync("shop");

        Assert.InRange(Directory.GetFiles(packs, "*.pack").Length, 1, 10);
        Assert.Equal("Lost", await repositories.SubjectAsync("shop", lost, Cancel));
        Assert.Equal("Commit 49", await repositories.SubjectAsync("shop", last, Cancel));
    }

    [Fact]
    public async Task Collection_that_takes_longer_than_it_may_is_a_failure_of_git_and_not_the_caller_s_end()
    {
        var impatient = new Repositories(folder.At("git")) { TidyAtMost = TimeSpan.Zero };
        var commit = Push(client.Commit("One"));

        var e = await Assert.ThrowsAsync<GitException>(() => impatient.CollectAsync("shop", [commit], Cancel));

        Assert.Equal("git was not done after 0 minutes.", e.Message);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => impatient.CollectAsync("shop", [commit], new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task Git_that_is_called_off_lets_go_of_its_locks()
    {
        client.Commit("One", ("a.txt", "1"));
        File.WriteAllText(Path.Combine(client.Folder, "a.txt"), "2");
        using var enough = new CancellationTokenSource();
        var edited = folder.At("edited");
        // It holds the index while it waits for the editor.
        var committing = repositories.Surroundings.RunAsync(
            ["-C", client.Folder, "-c", "user.name=ada", "-c", "user.email=ada@example.org", "-c", $"core.editor=touch {edited}; sleep 1000 #", "commit", "-a"],
            enough.Token);
        var held = Path.Combine(client.Folder, ".git", "index.lock");
        await Eventually.That(() => File.Exists(edited), "git waits for the editor");
        Assert.True(File.Exists(held));

        await enough.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => committing);
        Assert.False(File.Exists(held));
    }

    /// <summary>Always as a pack, as pushes to the server are kept.</summary>
    private string Push(string commit)
    {
        client.Do(
            "push", "-q", "--receive-pack=git -c receive.unpackLimit=1 receive-pack", repositories.PathOf("shop"), "HEAD:refs/heads/main");
        return commit;
    }

    private async Task<string> ConfigAsync(string name) =>
        (await repositories.Surroundings.RunAsync(["--git-dir", repositories.PathOf("shop"), "config", name], Cancel)).Output.Trim();
}
