using System.Globalization;

namespace Towpath.Bench.Measuring;

/// <summary>What the kernel says of a process.</summary>
internal static class ProcessMeter
{
    // The kernel's USER_HZ: 100 on every architecture that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>User and system time so far, in microseconds; it grows in steps of 10 ms.</summary>
    public static double CpuMicroseconds(int pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        // The name, which may hold anything, ends with the last bracket.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        return ticks * 1e6 / TicksPerSecond;
    }

    /// <summary>Proportional set size in MB (a million bytes): a page that n processes share counts 1/n.</summary>
    public static double PssMegabytes(int pid) => Kilobytes(pid, "Pss:") * 1024 / 1e6;

    /// <summary>What would be free if only this process ended, in MB (a million bytes).</summary>
    public static double PrivateMegabytes(int pid) => (Kilobytes(pid, "Private_Clean:") + Kilobytes(pid, "Private_Dirty:")) * 1024 / 1e6;

    private static double Kilobytes(int pid, string field)
    {
        var line = File.ReadLines($"/proc/{pid}/smaps_rollup").First(line => line.StartsWith(field, StringComparison.Ordinal));
        return double.Parse(line[field.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }
}
