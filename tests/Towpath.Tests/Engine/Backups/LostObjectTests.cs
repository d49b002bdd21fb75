using Towpath.Engine.Backups;
using Towpath.Tests.Server;
using Towpath.Tests.Server.Git;

namespace Towpath.Tests.Engine.Backups;

/// <summary>A repository that was damaged before the backup: it is named, and every other project comes back.</summary>
public sealed class LostObjectTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("HEAD:towpath.yml")]
    [InlineData("HEAD^{tree}")]
    [InlineData("packed-refs")]
    [InlineData("objects")]
    public async Task What_one_repository_lost_is_a_gap_and_the_other_projects_are_restored(string lost)
    {
        BackupSummary summary;
        string shop;
        await using (var server = await WorkingServer.StartAsync(folder.At("data")))
        {
            shop = (await PushAsync(server, "shop", "808")).Head;
            var blog = await PushAsync(server, "blog", "809");
            Damage(blog, server.Repositories.PathOf("blog"), lost);
            await using var file = File.Create(folder.At("b.tar.gz"));
            summary = await server.Backups.WriteAsync(file, withKeys: false, WorkingServer.Ended);
        }

        var gap = Assert.Single(summary.Gaps);
        Assert.Equal(("blog", (int?)null), (gap.Project, gap.Run));
        var restored = await BackupRestore.RunAsync(folder.At("b.tar.gz"), folder.At("restored"), null, TimeProvider.System, WorkingServer.Ended);
        Assert.Equal((2, gap), (restored.Projects, Assert.Single(restored.Backup.Gaps)));
        await using var after = await WorkingServer.StartAsync(folder.At("restored"));
        Assert.Null(await after.Repositories.UnreachedAsync("shop", [shop], WorkingServer.Ended));
        Assert.Single(after.Plane.Project("blog")!.Requests);
    }

    private static void Damage(GitClient client, string repository, string lost)
    {
        if (lost == "packed-refs")
        {
            File.WriteAllText(Path.Combine(repository, lost), "no ref\n");
            return;
        }

        var objects = Path.Combine(repository, "objects");
        Directory.Delete(objects, recursive: true);
        if (lost == "objects")
            return;
        Directory.CreateDirectory(Path.Combine(objects, "pack"));
        var id = client.Do("rev-parse", lost).Trim();
        var from = Path.Combine(client.Folder, ".git", "objects");
        foreach (var path in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Where(path => !path.EndsWith(id[2..], StringComparison.Ordinal)))
        {
            var to = Path.Combine(objects, Path.GetRelativePath(from, path));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(path, to);
        }
    }

    private async Task<GitClient> PushAsync(WorkingServer server, string project, string ports)
    {
        var client = new GitClient(folder.At("work", project));
        client.Commit("Open", ("towpath.yml", RunningServer.ShopPipeline.Replace("808", ports, StringComparison.Ordinal)));
        var (exitCode, text) = await client.TryAsync(["push", server.AddressOf(project), "main"]);
        Assert.True(exitCode == 0, text);
        await server.RunEndsAsync(1, project);
        return client;
    }
}
