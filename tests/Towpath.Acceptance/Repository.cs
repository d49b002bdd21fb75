using System.Text.Json;

namespace Towpath.Acceptance;

/// <summary>A working repository of one project, with nothing of the tester's own git configuration.</summary>
internal sealed class Repository : IDisposable
{
    private readonly UpTowpath up;
    private readonly string token;

    private Repository(UpTowpath up, string project, string? token)
    {
        this.up = up;
        this.token = token ?? up.Token;
        Project = project;
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("towpath-repo-").FullName;

    public string Project { get; }

    public static async Task<Repository> CreateAsync(UpTowpath up, string project, string? token = null)
    {
        var repository = new Repository(up, project, token);
        await repository.GitAsync("init", "--quiet", "--initial-branch=main");
        return repository;
    }

    public void Write(string path, string text)
    {
        var file = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    public async Task<string> CommitAsync(string message)
    {
        (await GitAsync("add", "--all")).Expect(0);
        (await GitAsync("commit", "--quiet", "--allow-empty", "--message", message)).Expect(0);
        return (await GitAsync("rev-parse", "HEAD")).Output.Trim();
    }

    public Task<Ran> PushAsync(string branch = "main") => GitAsync("push", $"{up.Url}/git/{Project}.git", $"HEAD:{branch}");

    /// <summary>A client verb for this project.</summary>
    public Task<Ran> RunAsync(params string[] arguments) => up.RunAsync([.. arguments, "--project", Project]);

    /// <summary>Waits until the deployment that an environment shows is as wanted: at most two minutes.</summary>
    public async Task DeploymentAsync(string environment, string wanted, Func<JsonElement, bool> isThere)
    {
        var end = DateTime.UtcNow.AddMinutes(2);
        while (DateTime.UtcNow < end)
        {
            var shown = (await RunAsync("envs", "show", environment, "--json")).Expect(0).Json;
            if (shown.GetProperty("deployment") is { ValueKind: JsonValueKind.Object } deployment && isThere(deployment))
                return;
        }

        Assert.Fail($"The deployment in {environment} of {Project} is not {wanted} within two minutes.");
    }

    public Task<Ran> GitAsync(params string[] arguments) => Ran.Async("git", arguments, Folder, new Dictionary<string, string?>
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

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
