using System.ComponentModel;
using System.Diagnostics;
using Towpath.Protocol.Archives;

namespace Towpath.Engine.Packages;

/// <summary>A commit's tree as git writes it: as it lies in the repository, and without what the commit's own attributes exclude.</summary>
internal static class CommitArchive
{
    private const int TarBlock = 512;

    /// <param name="path">A new file.</param>
    /// <exception cref="ArchiveException">The tree is over a limit.</exception>
    /// <exception cref="PackageException">git failed.</exception>
    public static async Task WriteAsync(string repository, string commit, string path, TreeArchiveLimits limits, CancellationToken cancel)
    {
        using var git = Start(repository, commit);
        try
        {
            var errors = git.StandardError.ReadToEndAsync(cancel);
            await using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
                await CopyAsync(git.StandardOutput.BaseStream, file, limits, cancel);
            await git.WaitForExitAsync(cancel);
            if (git.ExitCode != 0)
                throw new PackageException($"git could not archive the commit {commit}: {LastLine(await errors)}");
        }
        finally
        {
            if (!git.HasExited)
                git.Kill(entireProcessTree: true);
        }
    }

    private static Process Start(string repository, string commit)
    {
        var start = new ProcessStartInfo("git", ["--git-dir", repository, "archive", "--format=tar", commit])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,

            // Neither the machine's nor the user's settings may change what is in a package.
            Environment =
            {
                ["GIT_CONFIG_NOSYSTEM"] = "1",
                ["GIT_CONFIG_GLOBAL"] = "/dev/null",
                ["GIT_ATTR_NOSYSTEM"] = "1",
                ["GIT_TERMINAL_PROMPT"] = "0",
                ["LC_ALL"] = "C",
            },
        };
        try
        {
            var git = Process.Start(start)!;
            git.StandardInput.Close();
            return git;
        }
        catch (Win32Exception e)
        {
            throw new PackageException($"git could not be started ({e.Message}); install it.", e);
        }
    }

    private static async Task CopyAsync(Stream from, FileStream to, TreeArchiveLimits limits, CancellationToken cancel)
    {
        // Headers and padding beside the contents.
        var limit = limits.Bytes + ((long)limits.Entries * TarBlock * 4);
        var buffer = new byte[128 << 10];
        for (var total = 0L; await from.ReadAsync(buffer, cancel) is var read and > 0;)
        {
            if ((total += read) > limit)
                throw new ArchiveException($"The commit's files are larger than {limits.Bytes >> 20} MiB together.");
            await to.WriteAsync(buffer.AsMemory(0, read), cancel);
        }
    }

    private static string LastLine(string text) =>
        text.Trim().Split('\n') is [.., { Length: > 0 } last] ? last : "it said nothing";
}
