using System.Diagnostics;

namespace Towpath.Engine.Git;

/// <summary>The git that is installed here.</summary>
/// <param name="ExecFolder">Where its parts lie, <c>git-http-backend</c> among them.</param>
public sealed record GitProgram(Version Version, string ExecFolder)
{
    /// <summary>The first with <c>core.fsync</c>, without which a push is not durable when it is reported done.</summary>
    public static readonly Version Oldest = new(2, 36);

    private static readonly Lazy<GitProgram> Found = new(Find);

    /// <exception cref="GitException">There is none, or an older one than <see cref="Oldest"/>.</exception>
    public static GitProgram Installed => Found.Value;

    /// <summary>Started directly: going by way of <c>git</c> costs a second exec in every request.</summary>
    public string HttpBackend => Path.Combine(ExecFolder, "git-http-backend");

    private static GitProgram Find()
    {
        // "git version 2.39.5" or "git version 2.39.3 (Apple Git-146)"
        var words = Ask("version").Split(' ');
        var numbers = words.Length < 3 ? [] : words[2].Split('.');
        if (numbers.Length < 2 || !Version.TryParse($"{numbers[0]}.{numbers[1]}", out var version))
            throw new GitException($"'{string.Join(' ', words)}' is not an answer of git; check what 'git version' prints.");
        if (version < Oldest)
        {
            throw new GitException(
                $"git {version} is installed, and Towpath needs {Oldest} or newer: only those make a push durable. Install a newer one.");
        }

        return new GitProgram(version, Ask("--exec-path"));
    }

    private static string Ask(string question)
    {
        try
        {
            var start = new ProcessStartInfo("git", question) { RedirectStandardOutput = true, RedirectStandardInput = true };
            using var git = Process.Start(start)!;
            git.StandardInput.Close();
            var answer = git.StandardOutput.ReadToEnd().Trim();
            git.WaitForExit();
            return answer;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new GitException($"git is not on the PATH: install git {Oldest} or newer.");
        }
    }
}
