using Towpath.Tests.Server.Git;
using static Towpath.Tests.Server.Web.Browser;

namespace Towpath.Tests.Server.Web;

public sealed class BranchPageTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_branch_says_what_it_would_bring()
    {
        await using var server = await RunningServer.StartAsync();
        var client = new GitClient(folder.At("work", "shop"));
        var main = client.Commit("Sell boats");
        client.Do("checkout", "-q", "-b", "idea");
        client.Commit("Sell <b>rafts</b>");
        var idea = client.Commit("Sell canoes");
        server.Repositories.Create("shop");
        client.Do("push", "-q", server.Repositories.PathOf("shop"), "main", "idea");
        await server.PushAsync("shop", main);
        await server.PushAsync("shop", idea, reference: "refs/heads/idea");
        // A page does not wait long for git.
        await Eventually.That(
            async () => (await ReadAsync(server, "/shop")).Contains("2 commits that main has not", StringComparison.Ordinal), "the branch says so");
        Assert.Contains("Sell &lt;b&gt;rafts&lt;/b&gt;", await ReadAsync(server, "/shop"));
    }
}
