using System.Text.RegularExpressions;
using Towpath.Engine.Journal;

namespace Towpath.Simulation;

/// <summary>A journal as people can read it: a line an event.</summary>
internal static partial class Story
{
    public static IReadOnlyList<string> Tell(IEnumerable<JournalEntry> journal) => [.. journal.Select(Line)];

    private static string Line(JournalEntry entry)
    {
        var facts = Definitions().Replace(entry.Data, "").Replace("\"", "", StringComparison.Ordinal);
        return $"{entry.Sequence,6} {entry.At:dd HH:mm:ss} {entry.Stream,-32} {entry.Type,-24} {(facts.Length > 160 ? facts[..160] + "…" : facts)}";
    }

    [GeneratedRegex("\"pipeline\":\\{.*\\}")]
    private static partial Regex Definitions();
}
