using System.Globalization;

namespace Towpath.Bench.Machine;

/// <summary>The repository that is pushed: a pipeline file and some small files in folders.</summary>
internal sealed class SourceTree
{
    private const int FilesAFolder = 10;

    private static readonly Dictionary<string, string> Variables = new()
    {
        // Nothing of the user's: helpers, signatures and hooks would be measured too.
        ["GIT_CONFIG_GLOBAL"] = "/dev/null",
        ["GIT_CONFIG_NOSYSTEM"] = "1",
        ["GIT_TERMINAL_PROMPT"] = "0",
        ["GIT_AUTHOR_NAME"] = "bench",
        ["GIT_AUTHOR_EMAIL"] = "bench@example.org",
        ["GIT_COMMITTER_NAME"] = "bench",
        ["GIT_COMMITTER_EMAIL"] = "bench@example.org",
        ["no_proxy"] = "127.0.0.1",
    };

    private readonly string folder;
    private int commits;

    private SourceTree(string folder) => this.folder = folder;

    public static async Task<SourceTree> CreateAsync(string folder, string pipeline, int files, CancellationToken cancel)
    {
        Directory.CreateDirectory(folder);
        var tree = new SourceTree(folder);
        await tree.GitAsync(["init", "-q", "-b", "main"], cancel);
        for (var file = 0; file < files; file++)
        {
            var inner = Directory.CreateDirectory(Path.Combine(folder, $"part{file / FilesAFolder}")).FullName;
            var text = string.Join('\n', Enumerable.Range(0, 40).Select(line => $"line {line} of file {file}"));
            await File.WriteAllTextAsync(Path.Combine(inner, $"file{file}.txt"), text, cancel);
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "towpath.yml"), pipeline, cancel);
        return tree;
    }

    public Task WriteAsync(string file, string text, CancellationToken cancel) =>
        File.WriteAllTextAsync(Path.Combine(folder, file), text, cancel);

    /// <summary>A commit with one changed file, and what was written since the last.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> CommitAsync(CancellationToken cancel)
    {
        commits++;
        await File.WriteAllTextAsync(Path.Combine(folder, "changed.txt"), commits.ToString(CultureInfo.InvariantCulture), cancel);
        await GitAsync(["add", "-A"], cancel);
        await GitAsync(["-c", "gc.auto=0", "commit", "-q", "-m", $"Commit {commits}"], cancel);
        return (await GitAsync(["rev-parse", "HEAD"], cancel)).Trim();
    }

    public Task PushAsync(string remote, CancellationToken cancel) => GitAsync(["push", "-q", remote, "HEAD:refs/heads/main"], cancel);

    private Task<string> GitAsync(string[] arguments, CancellationToken cancel) =>
        Shell.RunAsync("git", arguments, folder, Variables, cancel);
}
