using System.ComponentModel;
using System.Diagnostics;
using Towpath.Agent.Jobs;

namespace Towpath.Agent;

/// <summary>Removes a folder that jobs or apps wrote to, whatever they left in it.</summary>
internal static class FolderRemoval
{
    // Rights are only changed when it does not go without: some tools keep their caches in folders that nobody may write to.
    private const string Script = """
        exec 2>/dev/null
        rm -rf -- "$1" || { chmod -R u+rwx -- "$1"; rm -rf -- "$1"; }
        """;

    /// <summary>
    /// The framework goes by paths: what lies deeper than a path can say, or has a name that is no UTF-8, it cannot remove
    /// (and it throws what nobody expects). The system's own tool goes folder by folder.
    /// </summary>
    /// <returns>False: something is left.</returns>
    public static bool Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
            return true;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return TryByTool(folder) && !Directory.Exists(folder);
        }
    }

    private static bool TryByTool(string folder)
    {
        try
        {
            using var process = new Process { StartInfo = new("sh", ["-c", Script, "sh", folder]) };
            SpawnThread.Start(process);
            process.WaitForExit();
            return true;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
