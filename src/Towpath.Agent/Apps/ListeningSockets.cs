using System.Globalization;

namespace Towpath.Agent.Apps;

/// <param name="Local">A connection to 127.0.0.1 reaches it.</param>
internal readonly record struct ListeningSocket(int Port, long Inode, bool Local);

/// <summary>Which TCP sockets listen on this machine, and whose they are.</summary>
internal static class ListeningSockets
{
    private const string ListenState = "0A";

    /// <summary>127.0.0.1 and 0.0.0.0; mapped into IPv6, and :: (which takes IPv4 too, unless told otherwise).</summary>
    private static readonly string[] LocalAddresses =
    [
        "0100007F", "00000000",
        "0000000000000000FFFF00000100007F", "0000000000000000FFFF000000000000", "00000000000000000000000000000000",
    ];

    public static IReadOnlyList<ListeningSocket> All() => [.. Read("/proc/net/tcp"), .. Read("/proc/net/tcp6")];

    /// <summary>The sockets that a process holds open.</summary>
    public static HashSet<long> InodesOf(int pid)
    {
        var inodes = new HashSet<long>();
        try
        {
            foreach (var descriptor in Directory.EnumerateFiles($"/proc/{pid}/fd"))
            {
                if (LinkTarget(descriptor) is { } target && target.StartsWith("socket:[", StringComparison.Ordinal)
                    && long.TryParse(target[8..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var inode))
                {
                    inodes.Add(inode);
                }
            }
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // The process ended, or is another user's: what it holds is not to be seen.
        }

        return inodes;
    }

    private static string? LinkTarget(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static IEnumerable<ListeningSocket> Read(string path)
    {
        // IPv6 may be switched off.
        if (!File.Exists(path))
            yield break;
        foreach (var line in File.ReadLines(path).Skip(1))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 10 || fields[3] != ListenState || fields[1].Split(':') is not [var address, var port])
                continue;
            yield return new ListeningSocket(
                int.Parse(port, NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                long.Parse(fields[9], CultureInfo.InvariantCulture),
                LocalAddresses.Contains(address));
        }
    }
}
