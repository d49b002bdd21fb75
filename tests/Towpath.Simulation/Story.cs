using System.Text.RegularExpressions;
using Towpath.Core;
using Towpath.Engine;
using Towpath.Engine.Journal;

namespace Towpath.Simulation;

/// <summary>A journal as people can read it: a line an event.</summary>
internal static partial class Story
{
    public static IReadOnlyList<string> Tell(IEnumerable<JournalEntry> journal) => [.. journal.Select(Line)];

    private static string Line(JournalEntry entry)
    {
        var facts = Definitions().Replace(Facts(entry), "").Replace("\"", "", StringComparison.Ordinal);
        return $"{entry.Sequence,6} {entry.At:dd HH:mm:ss} {entry.Stream,-32} {entry.Type,-24} {(facts.Length > 160 ? facts[..160] + "…" : facts)}";
    }

    private static string Facts(JournalEntry entry) => entry.Data.Length > 0
        ? entry.Data
        : Rules.OfFlow.Write(StreamId.Parse(entry.Stream), new Recorded<MachineEvent>(entry.Sequence, entry.At, entry.Event!)).Data;

    [GeneratedRegex("\"pipeline\":\\{.*\\}")]
    private static partial Regex Definitions();
}
