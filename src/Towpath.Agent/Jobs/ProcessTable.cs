using System.Buffers.Text;
using System.Globalization;

namespace Towpath.Agent.Jobs;

/// <summary>A process as <c>/proc</c> shows it.</summary>
/// <param name="Started">Clock ticks since the machine booted: with the id it names one process for good.</param>
internal readonly record struct ProcessEntry(int Id, int Parent, int Session, long Started, bool IsZombie);

/// <summary>Looks at the machine's processes through <c>/proc</c>.</summary>
internal static class ProcessTable
{
    public static List<ProcessEntry> All()
    {
        var entries = new List<ProcessEntry>(256);
        var buffer = new byte[1024];
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var id) &&
                Find(id, buffer) is { } entry)
                entries.Add(entry);
        }
        return entries;
    }

    /// <summary>Null when there is none with this id.</summary>
    public static ProcessEntry? Find(int id) => Find(id, new byte[1024]);

    /// <summary>True when the process was started with this variable (<c>NAME=value</c>); false too when that cannot be read.</summary>
    public static bool HasVariable(int id, ReadOnlySpan<byte> variable)
    {
        try
        {
            ReadOnlySpan<byte> environment = File.ReadAllBytes($"/proc/{id}/environ");
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
