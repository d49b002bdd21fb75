using System.Globalization;
using System.Text;

namespace Towpath.Agent.Apps;

/// <summary>A process and no other: the kernel gives a pid again, but not with the same start time.</summary>
/// <param name="StartTime">Clock ticks since boot, as in <c>/proc/PID/stat</c>.</param>
public readonly record struct ProcessIdentity(int Pid, long StartTime);

/// <param name="State">The letter of <c>/proc/PID/stat</c>.</param>
internal sealed record ProcessEntry(int Pid, int Parent, int Session, long StartTime, char State)
{
    public ProcessIdentity Identity => new(Pid, StartTime);

    /// <summary>A zombie counts as dead: after the agent restarted, its reaper may be a pid 1 that reaps nothing.</summary>
    public bool Alive => State is not ('Z' or 'X' or 'x');
}

/// <summary>The machine's processes as <c>/proc</c> shows them at the moment of asking.</summary>
internal static class ProcessTable
{
    /// <summary>Field 22 counts ticks of this length on every Linux that runs .NET.</summary>
    private const double TicksPerSecond = 100;

    public static ProcessEntry? Find(int pid)
    {
        var stat = ReadAll($"/proc/{pid}/stat");
        if (stat.Length == 0)
            return null;
        // The name stands in parentheses and may itself hold spaces and parentheses.
        var text = Encoding.Latin1.GetString(stat);
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return fields.Length < 20
            ? null
            : new ProcessEntry(pid, Number(fields[1]), Number(fields[3]), long.Parse(fields[19], CultureInfo.InvariantCulture), fields[0][0]);
    }

    public static bool IsAlive(ProcessIdentity identity) =>
        Find(identity.Pid) is { Alive: true } entry && entry.StartTime == identity.StartTime;

    public static IEnumerable<ProcessEntry> All()
    {
        foreach (var path in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && Find(pid) is { } entry)
                yield return entry;
        }
    }

    /// <summary>The value of a variable in the environment that the process was started with; null when it has none or is not ours to read.</summary>
    public static string? Variable(int pid, string name)
    {
        var environ = ReadAll($"/proc/{pid}/environ").AsSpan();
        var wanted = Encoding.UTF8.GetBytes(name + "=");
        while (!environ.IsEmpty)
        {
            var end = environ.IndexOf((byte)0);
            var entry = end < 0 ? environ : environ[..end];
            if (entry.StartsWith(wanted))
                return Encoding.UTF8.GetString(entry[wanted.Length..]);
            environ = end < 0 ? [] : environ[(end + 1)..];
        }

        return null;
    }

    /// <summary>The program's name, at most 15 characters; empty when it is gone.</summary>
    public static string Name(int pid) => Encoding.UTF8.GetString(ReadAll($"/proc/{pid}/comm")).TrimEnd('\n');

    public static TimeSpan Age(ProcessIdentity identity)
    {
        var uptime = double.Parse(Encoding.ASCII.GetString(ReadAll("/proc/uptime")).Split(' ')[0], CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds(Math.Max(0, uptime - (identity.StartTime / TicksPerSecond)));
    }

    /// <summary>Changes with every boot, so that a pid of before is never taken for a process of now.</summary>
    public static string BootId() => Encoding.ASCII.GetString(ReadAll("/proc/sys/kernel/random/boot_id")).Trim();

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static byte[] ReadAll(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
