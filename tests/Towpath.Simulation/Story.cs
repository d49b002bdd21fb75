using System.Text.RegularExpressions;
using Towpath.Engine.Journal;

namespace Towpath.Simulation;

/// <summary>A journal as people can read it: a line an event.</summary>
internal static partial class Story
{
    public static IReadOnlyList<string> Tell(IJournal journal) =>
        [.. Streams(journal).SelectMany(journal.Read).OrderBy(entry => entry.Sequence).Select(Line)];

    public static IEnumerable<string> Streams(IJournal journal) =>
        journal.List("", int.MaxValue).SelectMany(project => new[] { project.Stream }
            .Concat(journal.List(project.Stream + "/runs/", int.MaxValue).Select(row => row.Stream))
            .Concat(journal.List(project.Stream + "/environments/", int.MaxValue).Select(row => row.Stream)));

    private static string Line(JournalEntry entry)
    {
        var facts = Definitions().Replace(entry.Data, "").Replace("\"", "", StringComparison.Ordinal);
        return $"{entry.Sequence,6} {entry.At:dd HH:mm:ss} {entry.Stream,-32} {entry.Type,-24} {(facts.Length > 160 ? facts[..160] + "…" : facts)}";
    }

    [GeneratedRegex("\"pipeline\":\\{.*\\}")]
    private static partial Regex Definitions();
}
