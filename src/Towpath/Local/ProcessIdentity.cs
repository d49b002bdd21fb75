using System.Globalization;

namespace Towpath.Local;

/// <summary>A process that a number alone does not name: numbers are used again, also after a reboot.</summary>
/// <param name="Started">Clock ticks since the boot.</param>
/// <param name="Boot">The boot's id.</param>
internal sealed record ProcessIdentity(int Pid, long Started, string Boot)
{
    private const string BootFile = "/proc/sys/kernel/random/boot_id";

    public static ProcessIdentity Own { get; } = Of(Environment.ProcessId)!;

    /// <summary>Null when there is no such process, or only what is left of it until its parent looks.</summary>
    public static ProcessIdentity? Of(int pid) =>
        StartedOf(pid) is { } started ? new ProcessIdentity(pid, started, File.ReadAllText(BootFile).Trim()) : null;

    public bool IsAlive => StartedOf(Pid) == Started && File.ReadAllText(BootFile).Trim() == Boot;

    public static ProcessIdentity? Parse(string text)
    {
        var parts = text.Trim().Split(' ');
        return parts.Length == 3 && int.TryParse(parts[0], CultureInfo.InvariantCulture, out var pid) && pid > 1
            && long.TryParse(parts[1], CultureInfo.InvariantCulture, out var started)
            ? new ProcessIdentity(pid, started, parts[2])
            : null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Pid} {Started} {Boot}");

    private static long? StartedOf(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");
            // The second field is the program's name, which may hold blanks and brackets.
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
