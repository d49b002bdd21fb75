using System.Text;
using Towpath.Client;
using Towpath.Local;

namespace Towpath.Demo;

/// <summary>The repository of somebody who works on the sample shop.</summary>
internal sealed class DemoRepository
{
    public const string Project = "shop";

    private readonly string folder;
    private readonly string sample;
    private readonly IReadOnlyList<Edit> ports;
    private readonly Dictionary<string, string> environment;

    /// <param name="staging">The port where staging answers instead of the sample's own.</param>
    public DemoRepository(string folder, Endpoint endpoint, int staging, int production)
    {
        this.folder = folder;
        sample = Path.Combine(AppContext.BaseDirectory, "samples", "shop");
        ports =
        [
            new Edit("towpath.yml", "listen: 8081", $"listen: {staging}"),
            new Edit("towpath.yml", "listen: 8080", $"listen: {production}"),
        ];
        environment = Surroundings(endpoint);
    }

    public async Task CreateAsync(CancellationToken cancel)
    {
        if (!Directory.Exists(sample))
            throw ExitException.Refused($"the sample is missing in {sample}: build Towpath again.");
        Directory.CreateDirectory(folder);
        await GitAsync(cancel, "init", "--quiet", "--initial-branch=main");
    }

    /// <summary>Makes the commit and pushes it.</summary>
    /// <returns>What the server said while it took the push.</returns>
    public async Task<string> PushAsync(DemoCommit commit, Endpoint endpoint, CancellationToken cancel)
    {
        Write(commit);
        await GitAsync(cancel, "add", "--all");
        await GitAsync(cancel, "commit", "--quiet", "--message", commit.Message);
        var (code, _, errors) = await GitCommand.TryAsync(
            ["push", "--quiet", $"{endpoint.Url.TrimEnd('/')}/git/{Project}.git", "main"], cancel, folder, environment);
        return code == 0 ? errors : throw ExitException.Refused($"the push was refused:\n{errors.Trim()}");
    }

    internal static string Apply(string text, Edit edit) =>
        text.Contains(edit.From, StringComparison.Ordinal)
            ? text.Replace(edit.From, edit.To, StringComparison.Ordinal)
            : throw new InvalidOperationException($"{edit.File} of the sample does not have what the demo changes: {edit.From}");

    private void Write(DemoCommit commit)
    {
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos().Where(entry => entry.Name != ".git"))
        {
            if (entry is DirectoryInfo directory)
                directory.Delete(recursive: true);
            else
                entry.Delete();
        }

        foreach (var source in Directory.EnumerateFiles(sample, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(folder, Path.GetRelativePath(sample, source));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(source, target);
        }

        foreach (var edit in ports.Concat(commit.Edits))
        {
            var file = Path.Combine(folder, edit.File);
            File.WriteAllText(file, Apply(File.ReadAllText(file), edit));
        }

        foreach (var (path, text) in commit.Added)
            File.WriteAllText(Path.Combine(folder, path), text);
        File.SetUnixFileMode(Path.Combine(folder, "smoke.sh"), DataFolder.OwnerOnly);
    }

    private Task<string> GitAsync(CancellationToken cancel, params string[] arguments) =>
        GitCommand.RunAsync(arguments, cancel, folder, environment);

    /// <summary>Nothing of the person's own git configuration, and the token where no list of processes shows it.</summary>
    public static Dictionary<string, string> Surroundings(Endpoint endpoint)
    {
        var credential = Convert.ToBase64String(Encoding.UTF8.GetBytes($"towpath:{endpoint.Token}"));
        var surroundings = new Dictionary<string, string>
        {
            ["GIT_CONFIG_GLOBAL"] = "/dev/null",
            ["GIT_CONFIG_SYSTEM"] = "/dev/null",
            ["GIT_TERMINAL_PROMPT"] = "0",
            ["GIT_CONFIG_COUNT"] = "2",
            ["GIT_CONFIG_KEY_0"] = "http.extraHeader",
            ["GIT_CONFIG_VALUE_0"] = $"Authorization: Basic {credential}",
            ["GIT_CONFIG_KEY_1"] = "http.proxy",
            ["GIT_CONFIG_VALUE_1"] = "",
        };
        foreach (var who in (string[])["AUTHOR", "COMMITTER"])
        {
            surroundings[$"GIT_{who}_NAME"] = "Towpath demo";
            surroundings[$"GIT_{who}_EMAIL"] = "demo@example.org";
        }

        return surroundings;
    }
}
