using System.Diagnostics;
using System.Text;

namespace Towpath.Engine.Git;

/// <summary>
/// How a push can be told from all others afterwards: its id is the committer's address of git's receive-pack, which
/// puts it into the reflog, and an environment variable of all its processes, which finds them after the server died.
/// </summary>
public static class PushMark
{
    /// <summary>The variable with the push's id.</summary>
    public const string Variable = "TOWPATH_PUSH";

    private const string Domain = "@push.towpath";
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    public static void Put(ProcessStartInfo start, string pushId)
    {
        start.Environment[Variable] = pushId;
        start.Environment["GIT_COMMITTER_NAME"] = "towpath";
        start.Environment["GIT_COMMITTER_EMAIL"] = pushId + Domain;
    }

    /// <summary>True when a line of a reflog was written by the push.</summary>
    internal static bool IsIn(string reflogLine, string pushId) => reflogLine.Contains($"<{pushId}{Domain}>", StringComparison.Ordinal);

    /// <summary>Returns when no process of the push is left: they get the time to end by themselves, then they are killed.</summary>
    public static async Task EndProcessesAsync(string pushId, TimeSpan patience, TimeProvider time, CancellationToken cancel)
    {
        var since = time.GetTimestamp();
        while (Processes(pushId) is { Count: > 0 } left)
        {
            if (time.GetElapsedTime(since) >= patience)
                left.ForEach(Kill);
            await Task.Delay(Interval, time, cancel);
        }
    }

    private static List<int> Processes(string pushId)
    {
        var mark = Encoding.UTF8.GetBytes($"{Variable}={pushId}\0");
        var all = Directory.EnumerateDirectories("/proc").Select(Number);
        return [.. all.Where(id => id > 0 && id != Environment.ProcessId && Has(id, mark))];
    }

    private static int Number(string folder) => int.TryParse(Path.GetFileName(folder), out var id) ? id : 0;

    private static bool Has(int process, byte[] mark)
    {
        try
        {
            return File.ReadAllBytes($"/proc/{process}/environ").AsSpan().IndexOf(mark) >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended, or belongs to somebody else.
            return false;
        }
    }

    private static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It ended in between.
        }
    }
}
