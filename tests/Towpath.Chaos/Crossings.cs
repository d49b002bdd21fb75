using Towpath.Protocol.Failpoints;

namespace Towpath.Chaos;

/// <summary>The file that armed processes write their crossings to, and the order to one of them to die.</summary>
internal sealed class Crossings(string file)
{
    private string Order => file + ".kill";

    public IReadOnlyDictionary<string, string?> Variables { get; } = new Dictionary<string, string?> { [Failpoint.Variable] = file };

    /// <summary>True as long as nobody died of it.</summary>
    public bool IsArmed => File.Exists(Order);

    /// <summary>Counts from here on; whoever of that name crosses its n-th failpoint dies.</summary>
    public void Begin(string? process, int n)
    {
        File.Delete(Order);
        File.WriteAllText(file, "");
        if (process is not null)
            File.WriteAllText(Order, $"{process} {n}\n");
    }

    public void Disarm() => File.Delete(Order);

    /// <summary>The names that a process crossed, in order.</summary>
    public IReadOnlyList<string> Of(string process) =>
        [.. File.ReadAllLines(file).Select(line => line.Split(' ')).Where(words => words[0] == process).Select(words => words[1])];
}
