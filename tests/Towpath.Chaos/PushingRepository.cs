namespace Towpath.Chaos;

/// <summary>A working repository whose commits are pushed until the server has taken them.</summary>
/// <param name="ready">Waits for a server that is away.</param>
internal sealed class PushingRepository(string url, string token, string project, Func<Task> ready) : IDisposable
{
    /// <summary>Shorter than a push would wait for the end of a dead one of the same branch, which may be half a minute.</summary>
    private static readonly TimeSpan TakenWithin = TimeSpan.FromSeconds(75);

    private string folder = Directory.CreateTempSubdirectory("towpath-chaos-repo-").FullName;

    public PushingRepository(Machine machine, string project)
        : this(machine.Url, machine.Token, project, machine.ReadyAsync)
    {
    }

    public string Project => project;

    /// <summary>The same working repository, which pushes to another server from here on.</summary>
    public PushingRepository For(Machine machine)
    {
        var moved = new PushingRepository(machine, project);
        (folder, moved.folder) = (moved.folder, folder);
        return moved;
    }

    /// <summary>Pushes that did not end well.</summary>
    public int Broken { get; private set; }

    public async Task<string> CommitAsync(params (string Path, string Text)[] files)
    {
        if (!Directory.Exists(Path.Combine(folder, ".git")))
            await GitAsync("init", "--quiet", "--initial-branch=main");
        foreach (var (path, text) in files)
            await File.WriteAllTextAsync(Path.Combine(folder, path), text);
        await GitAsync("add", "--all");
        await GitAsync("commit", "--quiet", "--message", "A version");
        return (await GitAsync("rev-parse", "HEAD")).Output.Trim();
    }

    /// <summary>As a person would: again, until git says that all is well.</summary>
    public async Task PushAsync()
    {
        var last = "";
        try
        {
            await Until.TrueAsync("git's push ends well", TakenWithin, async () =>
            {
                var pushed = await TryPushAsync();
                Broken += pushed.Code == 0 ? 0 : 1;
                last = pushed.Output;
                if (pushed.Code != 0)
                    await ready();
                return pushed.Code == 0;
            });
        }
        catch (BrokenPromiseException e)
        {
            throw new BrokenPromiseException($"{e.Message}; git said: {last.ReplaceLineEndings(" ")}");
        }
    }

    /// <summary>Once.</summary>
    public Task<Ran> TryPushAsync() => GitAsync("push", $"{url}/git/{project}.git", "HEAD:main");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private Task<Ran> GitAsync(params string[] arguments) => Ran.Async("git", arguments, folder, new Dictionary<string, string?>
    {
        ["GIT_CONFIG_GLOBAL"] = "/dev/null",
        ["GIT_CONFIG_SYSTEM"] = "/dev/null",
        ["GIT_TERMINAL_PROMPT"] = "0",
        ["GIT_AUTHOR_NAME"] = "Tester",
        ["GIT_AUTHOR_EMAIL"] = "tester@example.org",
        ["GIT_COMMITTER_NAME"] = "Tester",
        ["GIT_COMMITTER_EMAIL"] = "tester@example.org",
        ["GIT_CONFIG_COUNT"] = "2",
        ["GIT_CONFIG_KEY_0"] = "http.extraHeader",
        ["GIT_CONFIG_VALUE_0"] = $"Authorization: Bearer {token}",
        ["GIT_CONFIG_KEY_1"] = "http.proxy",
        ["GIT_CONFIG_VALUE_1"] = "",
    });
}
