using System.Collections.Concurrent;
using System.Diagnostics;

namespace Towpath.Tests.Server.Git;

/// <summary>A person's working copy, with the real git and nobody's settings.</summary>
internal sealed class GitClient
{
    private readonly string home;

    /// <param name="folder">Made, with a repository on branch main.</param>
    public GitClient(string folder, bool init = true)
    {
        Folder = folder;
        home = Path.GetDirectoryName(folder)!;
        Directory.CreateDirectory(folder);
        if (init)
            Do("init", "-q", "-b", "main");
    }

    public string Folder { get; }

    public string Head => Do("rev-parse", "HEAD").Trim();

    /// <summary>Writes files and commits everything.</summary>
    /// <returns>The commit.</returns>
    public string Commit(string subject, params (string Path, string Content)[] files)
    {
        foreach (var (path, content) in files)
        {
            var full = Path.Combine(Folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, content);
        }

        Do("add", "-A");
        Do("commit", "-q", "--allow-empty", "-m", subject);
        return Head;
    }

    /// <returns>What it printed; the test fails when git does.</returns>
    public string Do(params string[] arguments)
    {
        using var git = Start(arguments);
        git.StandardInput.Close();
        var errors = git.StandardError.ReadToEndAsync();
        var output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.True(git.ExitCode == 0, $"git {string.Join(' ', arguments)}: {errors.Result}");
        return output;
    }

    /// <param name="heard">Called with every line while it runs.</param>
    public async Task<(int ExitCode, string Text)> TryAsync(string[] arguments, Action<string>? heard = null)
    {
        using var git = Start(arguments);
        git.StandardInput.Close();
        var lines = new ConcurrentQueue<string>();
        await Task.WhenAll(Read(git.StandardOutput), Read(git.StandardError));
        await git.WaitForExitAsync();
        return (git.ExitCode, string.Join('\n', lines));

        async Task Read(StreamReader stream)
        {
            while (await stream.ReadLineAsync() is { } line)
            {
                lines.Enqueue(line.TrimEnd());
                heard?.Invoke(line.TrimEnd());
            }
        }
    }

    public Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("git")
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (IEnumerable<string>)["-c", "user.name=Test", "-c", "user.email=test@example.org", .. arguments])
            start.ArgumentList.Add(argument);
        start.Environment["HOME"] = home;
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        start.Environment["LC_ALL"] = "C";
        return Process.Start(start)!;
    }
}
