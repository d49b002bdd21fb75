using System.Diagnostics;

namespace Towpath.Agent.Jobs;

/// <summary>
/// How bubblewrap is called: the machine read-only, namespaces of its own, Towpath's data hidden but for what the step needs.
/// </summary>
public static class Bubblewrap
{
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The words that come before the command's own.</summary>
    /// <param name="data">Towpath's data folder, which is not there inside.</param>
    public static IReadOnlyList<string> Words(string data, StepSurroundings surroundings, bool asRoot)
    {
        List<string> words =
        [
            "bwrap", "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--new-session", "--cap-drop", "ALL",
        ];
        // Root without any capability cannot even unpack a tar file that names other owners; only what is writable is within reach.
        if (asRoot)
            words.AddRange(["--cap-add", "CAP_CHOWN", "--cap-add", "CAP_FOWNER"]);
        // The whole machine may be given too: a command that deploys to it needs that.
        words.AddRange([surroundings.Writable.Contains("/") ? "--bind" : "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]);
        if (surroundings.Environment.TryGetValue("TMPDIR", out var temporary) && temporary != "/tmp")
            words.AddRange(["--bind", temporary, "/tmp"]);
        else
            words.AddRange(["--tmpfs", "/tmp"]);
        // A folder comes after the one that it lies in, or it would be covered by it.
        var mounts = surroundings.Writable.Select(folder => (Folder: folder, Kind: "--bind"))
            .Concat((surroundings.Readable ?? []).Select(folder => (Folder: folder, Kind: "--ro-bind")))
            .Append((Folder: data, Kind: "--tmpfs"))
            .Where(mount => mount.Folder != "/")
            .DistinctBy(mount => mount.Folder)
            .OrderBy(mount => mount.Folder, StringComparer.Ordinal);
        foreach (var (folder, kind) in mounts)
            words.AddRange(kind == "--tmpfs" ? [kind, folder] : [kind, folder, folder]);
        words.AddRange(["--chdir", surroundings.Folder, "--"]);
        return words;
    }

    /// <summary>What this machine can do. Bubblewrap may be installed and yet not be allowed to make namespaces: so it is tried.</summary>
    public static async Task<SandboxLevel> ProbeAsync(string data)
    {
        try
        {
            var surroundings = new StepSurroundings("/", new Dictionary<string, string>(), [], "probe");
            var words = Words(data, surroundings, Environment.IsPrivilegedProcess);
            var start = new ProcessStartInfo(words[0], [.. words.Skip(1), "sh", "-c", "exit 7"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using var process = new Process { StartInfo = start };
            using var timeout = new CancellationTokenSource(ProbeTimeout);
            SpawnThread.Start(process);
            await process.WaitForExitAsync(timeout.Token);
            return process.ExitCode == 7 ? SandboxLevel.Bubblewrap : SandboxLevel.ProcessGroup;
        }
        catch (Exception problem) when (problem is System.ComponentModel.Win32Exception or OperationCanceledException)
        {
            return SandboxLevel.ProcessGroup;
        }
    }
}
