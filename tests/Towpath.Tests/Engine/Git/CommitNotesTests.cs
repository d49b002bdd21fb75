using Towpath.Engine.Git;
using Towpath.Tests.Server.Git;

namespace Towpath.Tests.Engine.Git;

/// <summary>Who wrote commits, and what lies between two of them.</summary>
public sealed class CommitNotesTests : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly Repositories repositories;
    private readonly GitClient client;
    private readonly CommitNotes notes;

    public CommitNotesTests()
    {
        repositories = new Repositories(folder.At("git"));
        repositories.Create("shop");
        client = new GitClient(folder.At("work", "shop"));
        notes = new CommitNotes(repositories);
    }

    public void Dispose()
    {
        notes.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Author_is_known_once_it_was_read()
    {
        var commit = client.Commit("Sell boats");
        client.Do("push", "-q", repositories.PathOf("shop"), "main");
        Assert.Null(notes.Author("shop", commit));
        await notes.LearnAsync([("shop", commit), ("shop", new string('1', 40)), ("nowhere", commit)]);
        Assert.Equal("Test", notes.Author("shop", commit));
        Assert.Null(notes.Author("shop", new string('1', 40)));
        Assert.Null(notes.Author("nowhere", commit));
    }

    [Theory]
    [InlineData("tree 1\nauthor Ada Lovelace <ada@example.org> 1 +0000\ncommitter Bo <b@example.org> 1 +0000\n\nauthor Eve <e@e> 1 +0000\n", "Ada Lovelace")]
    [InlineData("tree 1\nauthor <script> \u001b[31m <a@b> 1 +0000\n\nx\n", "<script> ?[31m")]
    [InlineData("tree 1\nauthor <a@b> 1 +0000\n\nx\n", "")]
    [InlineData("tree 1\n\nauthor Eve <e@e> 1 +0000\n", "")]
    [InlineData("", "")]
    public void Only_the_head_of_a_commit_says_who_wrote_it(string content, string author) =>
        Assert.Equal(author, new FoundObject("1", "commit", content.Length, System.Text.Encoding.UTF8.GetBytes(content)).Author);

    [Fact]
    public async Task Changes_are_what_one_commit_has_and_the_other_has_not()
    {
        var first = client.Commit("One");
        var second = client.Commit("Two <b>");
        var third = client.Commit("Three");
        client.Do("push", "-q", repositories.PathOf("shop"), "main");
        var changes = (await notes.ChangesAsync("shop", first, third))!;
        Assert.Equal([new CommitNote(third, "Test", "Three"), new CommitNote(second, "Test", "Two <b>")], changes.Commits);
        Assert.False(changes.AreMore);
        Assert.Empty((await notes.ChangesAsync("shop", third, first))!.Commits);
        // From memory: also when there is no repository any more.
        Directory.Delete(repositories.PathOf("shop"), recursive: true);
        Assert.Same(changes, await notes.ChangesAsync("shop", first, third));
        Assert.Null(await notes.ChangesAsync("shop", first, second));
    }

    [Fact]
    public async Task Of_many_changes_the_newest_are_told()
    {
        var first = client.Commit("0");
        for (var i = 1; i <= CommitNotes.CommitsAtMost + 1; i++)
            client.Commit($"{i}");
        client.Do("push", "-q", repositories.PathOf("shop"), "main");
        var changes = (await notes.ChangesAsync("shop", first, client.Head))!;
        Assert.Equal((CommitNotes.CommitsAtMost, true), (changes.Commits.Count, changes.AreMore));
        Assert.Equal($"{CommitNotes.CommitsAtMost + 1}", changes.Commits[0].Subject);
    }

    [Theory]
    [InlineData("--output=/tmp/evil")]
    [InlineData("0000")]
    public async Task What_is_no_commit_has_no_changes(string name)
    {
        client.Commit("One");
        client.Do("push", "-q", repositories.PathOf("shop"), "main");
        Assert.Null(await notes.ChangesAsync("shop", name, client.Head));
    }
}
