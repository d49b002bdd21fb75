namespace Towpath.Acceptance;

/// <summary>A backup by the command, of a server that runs and of one that is stopped, and what comes of it elsewhere.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("towpath-bak-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_backup_of_a_running_server_comes_up_somewhere_else_and_goes_on()
    {
        await using var up = new UpTowpath();
        await up.StartAsync();
        var production = Site.FreePort();
        using var repository = await Repository.CreateAsync(up, "kept");
        repository.Write("towpath.yml", Site.Pipeline(Site.FreePort(), production));
        repository.Write("public/index.html", "Page one");
        await repository.CommitAsync("One");
        (await repository.PushAsync()).Expect(0);
        (await repository.RunAsync("deployments", "wait", "--run", "1", "--environment", "production")).Expect(0);
        // Written while the next one is on its way.
        repository.Write("public/index.html", "Page two");
        await repository.CommitAsync("Two");
        (await repository.PushAsync()).Expect(0);
        var said = (await up.RunAsync("backup", At("b.tar.gz"), "--keys", At("keys.json"), "--json")).Expect(0).Json;
        Assert.Equal(0, said.GetProperty("gaps").GetArrayLength());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(At("b.tar.gz")));
        (await up.RunAsync("down")).Expect(0);
        (await up.RunAsync("backup", At("stopped.tar.gz"))).Expect(0);

        (await up.RunAsync("restore", At("b.tar.gz"))).Expect(3);
        await using var other = new UpTowpath();
        var restored = (await other.RunAsync("restore", At("b.tar.gz"), "--keys", At("keys.json"), "--json")).Expect(0).Json;
        var was = restored.GetProperty("environments").EnumerateArray()
            .Single(environment => environment.GetProperty("name").GetString() == "production").GetProperty("liveRun").GetInt32();
        await other.StartAsync();
        Assert.Equal(UpTowpath.TokenIn(At("keys.json")), other.Token);
        (await other.RunAsync("runs", "wait", "2", "--project", "kept")).Expect(0);
        (await other.RunAsync("redeploy", "--project", "kept", "--environment", "production")).Expect(0);
        (await other.RunAsync("deployments", "wait", "--run", $"{was}", "--environment", "production", "--project", "kept")).Expect(0);
        Assert.Equal(was == 1 ? "Page one" : "Page two", await Site.PageAsync(production));
        var log = (await other.RunAsync("logs", "--run", "1", "--job", "build", "--project", "kept")).Expect(0);
        Assert.NotEmpty(log.Output);
    }

    [Fact]
    public async Task A_restore_that_is_killed_leaves_no_folder_and_the_next_one_makes_it()
    {
        await using var up = new UpTowpath();
        await up.StartAsync();
        using var repository = await Repository.CreateAsync(up, "kept");
        repository.Write("towpath.yml", Site.Pipeline(Site.FreePort(), Site.FreePort()));
        repository.Write("public/index.html", "Page one");
        await repository.CommitAsync("One");
        (await repository.PushAsync()).Expect(0);
        (await repository.RunAsync("runs", "wait", "1")).Expect(0);
        (await up.RunAsync("backup", At("b.tar.gz"))).Expect(0);
        var target = At("restored");
        foreach (var until in (string[])["", "git", "server/journal.db", "store/blobs"])
        {
            using var restoring = Ran.Start(Built.Towpath, ["restore", At("b.tar.gz"), "--data", target]);
            while (!restoring.HasExited && !Path.Exists(Path.Combine(target + ".restoring", until)))
                await Task.Yield();
            restoring.Kill();
            await restoring.WaitForExitAsync(TestContext.Current.CancellationToken);
            if (Directory.Exists(target))
            {
                // It was done already: then it is whole.
                Assert.False(Directory.Exists(target + ".restoring"));
                Directory.Delete(target, recursive: true);
            }
        }

        (await Ran.Async(Built.Towpath, ["restore", At("b.tar.gz"), "--data", target])).Expect(0);
        Assert.False(Directory.Exists(target + ".restoring"));
    }

    private string At(string name) => Path.Combine(folder, name);
}
