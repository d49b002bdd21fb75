using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Towpath.Agent;

/// <summary>A process as <c>/proc</c> shows it.</summary>
/// <param name="Started">Clock ticks since the machine booted: with the id it names one process for good.</param>
internal readonly record struct ProcessEntry(int Id, int Parent, int Session, long Started, bool IsZombie)
{
    public ProcessIdentity Identity => new(Id, Started);
}

/// <summary>A process and no other: the kernel gives an id again, but not with the same start.</summary>
/// <param name="Started">Clock ticks since the machine booted.</param>
internal readonly record struct ProcessIdentity(int Id, long Started);

/// <summary>Looks at the machine's processes through <c>/proc</c>.</summary>
internal static class ProcessTable
{
    /// <summary>The unit of start times on every Linux that runs .NET.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>An app of more processes is told with the memory of so many.</summary>
    private const int MemoryOfAtMost = 32;

    /// <param name="from">Those with lower ids are left out.</param>
    public static List<ProcessEntry> All(int from = 0)
    {
        var entries = new List<ProcessEntry>();
        var buffer = new byte[1024];
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var id) &&
                id >= from && Find(id, buffer) is { } entry)
                entries.Add(entry);
        }
        return entries;
    }

    /// <summary>The id that was given last on this machine, or in this container.</summary>
    public static int NewestId() =>
        int.TryParse(ReadText("/proc/loadavg").Split(' ')[^1], CultureInfo.InvariantCulture, out var id) ? id : 0;

    /// <summary>How many ids there are before they begin anew.</summary>
    public static int Ids() =>
        int.TryParse(ReadText("/proc/sys/kernel/pid_max"), CultureInfo.InvariantCulture, out var ids) ? ids : 0;

    /// <summary>Null when there is none with this id.</summary>
    public static ProcessEntry? Find(int id) => Find(id, new byte[1024]);

    /// <summary>A zombie counts as dead: it may have a parent that never collects it.</summary>
    public static bool IsAlive(ProcessIdentity identity) =>
        Find(identity.Id) is { IsZombie: false } entry && entry.Started == identity.Started;

    /// <summary>The program's name, at most 15 characters; empty when it is gone.</summary>
    public static string Name(int id) => ReadText($"/proc/{id}/comm");

    public static TimeSpan Age(ProcessIdentity identity)
    {
        var uptime = double.Parse(ReadText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds(Math.Max(0, uptime - (identity.Started / TicksPerSecond)));
    }

    /// <summary>
    /// Bytes of memory that a process holds, with those that it started itself, such as the program behind a shell; 0 when it is gone. What
    /// they share counts for each.
    /// </summary>
    public static long Memory(int id)
    {
        var (pages, read, found) = (0L, 0, new Stack<int>([id]));
        while (found.TryPop(out var next) && read++ < MemoryOfAtMost)
        {
            if (ReadText($"/proc/{next}/statm").Split(' ') is [_, var resident, ..] && long.TryParse(resident, CultureInfo.InvariantCulture, out var own))
                pages += own;
            foreach (var child in ReadText($"/proc/{next}/task/{next}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                found.Push(int.Parse(child, CultureInfo.InvariantCulture));
        }

        return pages * Environment.SystemPageSize;
    }

    /// <summary>Changes with every boot, so that an id of before is never taken for a process of now.</summary>
    public static string BootId() => ReadText("/proc/sys/kernel/random/boot_id");

    /// <summary>The value of a variable in the environment that the process was started with; null too when it cannot be read.</summary>
    public static string? Variable(int id, string name)
    {
        try
        {
            ReadOnlySpan<byte> environment = File.ReadAllBytes($"/proc/{id}/environ");
            var wanted = Encoding.UTF8.GetBytes(name + "=");
            while (environment.Length > 0)
            {
                var end = environment.IndexOf((byte)0);
                var entry = environment[..(end < 0 ? environment.Length : end)];
                if (entry.StartsWith(wanted))
                    return Encoding.UTF8.GetString(entry[wanted.Length..]);
                environment = end < 0 ? [] : environment[(end + 1)..];
            }

            return null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// True when the process was started with this variable (<c>NAME=value</c>); false too when that cannot be read. Null:
    /// it has no environment, as for a moment while it becomes another program.
    /// </summary>
    public static bool? HasVariable(int id, ReadOnlySpan<byte> variable)
    {
        try
        {
            ReadOnlySpan<byte> environment = File.ReadAllBytes($"/proc/{id}/environ");
            if (environment.IsEmpty)
                return null;
            while (environment.Length > 0)
            {
                var end = environment.IndexOf((byte)0);
                if (environment[..(end < 0 ? environment.Length : end)].SequenceEqual(variable))
                    return true;
                environment = end < 0 ? [] : environment[(end + 1)..];
            }
            return false;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static ProcessEntry? Find(int id, byte[] buffer)
    {
        try
        {
            using var file = File.OpenHandle($"/proc/{id}/stat");
            var stat = buffer.AsSpan(0, RandomAccess.Read(file, buffer, 0));
            // "4711 (name) S parent group session …": the name may hold anything, so it is the last bracket that counts.
            var rest = stat[(stat.LastIndexOf((byte)')') + 2)..];
            Span<long> numbers = stackalloc long[20];
            var state = rest[0];
            rest = rest[2..];
            for (var index = 0; index < numbers.Length; index++)
            {
                if (!Utf8Parser.TryParse(rest, out numbers[index], out var used))
                    return null;
                rest = rest[Math.Min(rest.Length, used + 1)..];
            }
            return new(id, (int)numbers[0], (int)numbers[2], numbers[18], state is (byte)'Z' or (byte)'X');
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // It ended while it was looked at.
            return null;
        }
    }
}
