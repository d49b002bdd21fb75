using System.Globalization;

namespace Towpath.Router.Listening;

/// <summary>Which program listens on a port, read from /proc: for the sentence that tells a person what is in the way.</summary>
internal static class PortOwner
{
    private const string Listening = "0A";

    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>The process id; null when it cannot be told, as for a process of another user.</summary>
    public static int? Find(int port)
    {
        try
        {
            var sockets = Tables
                .Where(File.Exists)
                .SelectMany(table => File.ReadLines(table).Skip(1))
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(columns => columns.Length > 9 && columns[3] == Listening && PortOf(columns[1]) == port)
                .Select(columns => $"socket:[{columns[9]}]")
                .ToHashSet(StringComparer.Ordinal);
            if (sockets.Count == 0)
                return null;

            foreach (var folder in Directory.EnumerateDirectories("/proc"))
            {
                if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) && Holds(folder, sockets))
                    return pid;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without /proc the sentence names no program.
        }

        return null;
    }

    public static string Describe(int pid)
    {
        try
        {
            return $"{File.ReadAllText($"/proc/{pid}/comm").Trim()} (pid {pid})";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"another program (pid {pid})";
        }
    }

    private static int PortOf(string localAddress) =>
        int.Parse(localAddress.AsSpan(localAddress.LastIndexOf(':') + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static bool Holds(string process, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd"))
                .Any(descriptor => new FileInfo(descriptor).LinkTarget is { } target && sockets.Contains(target));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
