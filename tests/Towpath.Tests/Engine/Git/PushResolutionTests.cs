using Microsoft.Extensions.Logging.Abstractions;
using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Engine.Git;
using Towpath.Tests.Server.Git;

namespace Towpath.Tests.Engine.Git;

/// <summary>What a repository says of a push that nobody heard of, in the states in which a kill or a power cut may leave it.</summary>
public sealed class PushResolutionTests : IDisposable
{
    private const string Main = "refs/heads/main";

    private readonly TestFolder folder = new();
    private readonly Repositories repositories;
    private readonly PushResolution resolution;
    private readonly string first;
    private readonly string second;

    public PushResolutionTests()
    {
        repositories = new Repositories(folder.At("git"));
        resolution = new PushResolution(repositories, TimeProvider.System, NullLogger<PushResolution>.Instance);
        repositories.Create("shop");
        var client = new GitClient(folder.At("work", "shop"));
        first = client.Commit("One");
        second = client.Commit("Two");
        client.Do("push", "-q", repositories.PathOf("shop"), "main:refs/notes/all");
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Push_in_the_reflog_moved_its_ref()
    {
        await MoveAsync("p1", Main, first);

        Assert.Equal([Main], await MovedAsync("p1", null, first));
    }

    [Fact]
    public async Task Push_that_is_not_in_the_reflog_moved_nothing_although_the_ref_is_where_it_wanted_it()
    {
        await MoveAsync("p1", Main, first);

        Assert.Empty(await MovedAsync("p2", null, first));
    }

    [Fact]
    public async Task Reflog_line_without_the_move_is_no_move()
    {
        await MoveAsync("p1", Main, first);
        await MoveAsync("p2", Main, second);
        File.WriteAllText(Path.Combine(repositories.PathOf("shop"), Main), first + "\n");

        Assert.Empty(await MovedAsync("p2", first, second));
    }

    [Fact]
    public async Task Move_without_its_reflog_line_is_the_move_of_the_push_that_is_open()
    {
        await MoveAsync("p1", Main, first);
        var log = Path.Combine(repositories.PathOf("shop"), "logs", Main);
        var before = await File.ReadAllTextAsync(log, TestContext.Current.CancellationToken);
        await MoveAsync("p2", Main, second);
        await File.WriteAllTextAsync(log, before, TestContext.Current.CancellationToken);

        Assert.Equal([Main], await MovedAsync("p2", first, second));
    }

    [Fact]
    public async Task Later_moves_by_hand_do_not_hide_the_push()
    {
        await MoveAsync("p1", Main, first);
        await MoveAsync("p2", Main, second);
        await MoveAsync("by-hand", Main, first);

        Assert.Equal([Main], await MovedAsync("p2", first, second));
    }

    [Fact]
    public async Task Deletion_is_seen_by_what_is_gone()
    {
        await MoveAsync("p1", Main, first);

        Assert.Empty(await MovedAsync("p2", first, null));
        await MoveAsync("p2", Main, null);
        Assert.Equal([Main], await MovedAsync("p2", first, null));
    }

    [Fact]
    public async Task Ref_in_the_packed_file_is_found()
    {
        await MoveAsync("p1", Main, first);
        await RunAsync("p1", "pack-refs", "--all");

        Assert.Equal([Main], await MovedAsync("p1", null, first));
        Assert.Empty(await MovedAsync("p2", first, null));
    }

    [Fact]
    public async Task Project_that_is_not_there_moved_nothing()
    {
        var push = new ResolvePush("bakery/pushes/p", "bakery", "p", [new RefChange(Main, null, first, "", null)]);

        var settled = await resolution.ResolveAsync(push, TestContext.Current.CancellationToken);

        Assert.Empty(settled.MovedRefs);
    }

    [Fact]
    public async Task Lock_file_of_a_killed_git_does_not_stop_the_next_push()
    {
        await MoveAsync("p1", Main, first);
        var left = Path.Combine(repositories.PathOf("shop"), Main + ".lock");
        File.WriteAllText(left, second + "\n");
        File.SetLastWriteTimeUtc(left, TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(-1));

        Assert.Empty(await MovedAsync("p2", first, second));

        await MoveAsync("p3", Main, second);
        Assert.Equal([Main], await MovedAsync("p3", first, second));
    }

    [Fact]
    public async Task Push_under_way_is_waited_for()
    {
        var under = repositories.Live.Begin("p1");
        var moved = MovedAsync("p1", null, first);
        await MoveAsync("p1", Main, first);
        Assert.False(moved.IsCompleted);

        under.Dispose();

        Assert.Equal([Main], await moved);
    }

    private async Task<ValueList<string>> MovedAsync(string push, string? old, string? next)
    {
        var command = new ResolvePush($"shop/pushes/{push}", "shop", push, [new RefChange(Main, old, next, "", null)]);
        return (await resolution.ResolveAsync(command, TestContext.Current.CancellationToken)).MovedRefs;
    }

    /// <summary>As git's receive-pack does it for a push.</summary>
    private Task MoveAsync(string push, string name, string? commit) =>
        commit is null ? RunAsync(push, "update-ref", "-d", name) : RunAsync(push, "update-ref", name, commit);

    private async Task RunAsync(string push, params string[] arguments)
    {
        var start = repositories.Surroundings.Start("git", ["--git-dir", repositories.PathOf("shop"), .. arguments]);
        start.Environment["GIT_COMMITTER_NAME"] = "towpath";
        start.Environment["GIT_COMMITTER_EMAIL"] = $"{push}@push.towpath";
        using var git = System.Diagnostics.Process.Start(start)!;
        git.StandardInput.Close();
        await git.WaitForExitAsync();
        Assert.True(git.ExitCode == 0, await git.StandardError.ReadToEndAsync());
    }
}
