using System.Diagnostics;

namespace Towpath.Tests.Agent.Jobs;

/// <summary>A bare repository with commits made of files given as text.</summary>
internal sealed class TestRepository(TestFolder folder)
{
    private readonly string tree = Directory.CreateDirectory(folder.At("tree")).FullName;

    public string Path { get; } = folder.At("git", "shop.git");

    /// <returns>The commit's full SHA.</returns>
    public async Task<string> CommitAsync(params (string Path, string Content)[] files)
    {
        if (!Directory.Exists(Path))
        {
            await GitAsync(folder.Path, "init", "-q", "--bare", "-b", "main", Path);
            await GitAsync(folder.Path, "init", "-q", "-b", "main", tree);
        }
        foreach (var (path, content) in files)
        {
            var file = System.IO.Path.Combine(tree, path);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, content);
        }
        await GitAsync(tree, "add", "-A", "-f");
        await GitAsync(tree, "-c", "user.name=Test", "-c", "user.email=test@example.org", "commit", "-q", "--allow-empty", "-m", "Change");
        await GitAsync(tree, "push", "-q", Path, "main");
        return (await GitAsync(tree, "rev-parse", "HEAD")).Trim();
    }

    public static async Task<string> GitAsync(string folder, params string[] words)
    {
        using var git = Process.Start(new ProcessStartInfo("git", words)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var problem = git.StandardError.ReadToEndAsync();
        var said = await git.StandardOutput.ReadToEndAsync();
        await git.WaitForExitAsync();
        Assert.True(git.ExitCode == 0, await problem);
        return said;
    }
}
