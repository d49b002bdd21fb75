using Towpath.Core.Pipelines.Language;
using Towpath.Core.Pipelines.Yaml;

namespace Towpath.Core.Pipelines.Reading;

/// <summary>Named things that wait for each other: jobs by <c>needs</c>, environments by <c>after</c>.</summary>
/// <param name="noun">What they are.</param>
/// <param name="key">The key that names what one of them waits for.</param>
internal sealed class NameGraph(Findings findings, string noun, string key)
{
    /// <summary>
    /// In an order in which each comes after those that it waits for, otherwise in the file's. Reports unknown names and circles;
    /// what is in a circle is left out.
    /// </summary>
    public IReadOnlyList<YamlEntry> InOrder(IReadOnlyList<YamlEntry> entries)
    {
        foreach (var entry in entries)
            KnowsNames(entry, entries);
        var ordered = new List<YamlEntry>();
        var waiting = entries.ToList();
        bool Waits(YamlEntry entry) => WaitsFor(entry).Any(name => waiting.Exists(other => other.Key.Text == name.Text));
        while (waiting.Find(entry => !Waits(entry)) is { } next)
        {
            ordered.Add(next);
            waiting.Remove(next);
        }

        if (waiting.Count > 0)
            ReportCircle(waiting);
        return ordered;
    }

    private void KnowsNames(YamlEntry entry, IReadOnlyList<YamlEntry> entries)
    {
        var names = entries.Select(other => other.Key.Text).Where(name => name != entry.Key.Text).ToList();
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var name in WaitsFor(entry))
        {
            if (!seen.Add(name.Text))
                findings.Report(name.At, $"'{name.Text}' is named twice in '{key}' of {noun} '{entry.Key.Text}': take one of them out");
            else if (name.Text != entry.Key.Text && !names.Contains(name.Text))
                findings.Report(
                    name.At,
                    $"unknown {noun} '{name.Text}' in '{key}' of {noun} '{entry.Key.Text}': "
                        + $"{Spelling.Advice(name.Text, names, $"there is no other {noun}")}");
        }
    }

    private IEnumerable<YamlScalar> WaitsFor(YamlEntry entry) => entry.Value is YamlMap map ? map.Scalars(key) : [];

    /// <summary>
    /// Everything that is left waits for something that is left: following the first such name must come back to where
    /// it was.
    /// </summary>
    private void ReportCircle(List<YamlEntry> waiting)
    {
        var path = new List<string>();
        var entry = waiting[0];
        YamlScalar last;
        do
        {
            path.Add(entry.Key.Text);
            last = WaitsFor(entry).First(name => waiting.Exists(other => other.Key.Text == name.Text));
            entry = waiting.First(other => other.Key.Text == last.Text);
        }
        while (!path.Contains(entry.Key.Text));

        var circle = path[path.IndexOf(entry.Key.Text)..];
        findings.Report(last.At, circle.Count == 1
            ? $"{noun} '{circle[0]}' waits for itself: take it out of its own '{key}'"
            : $"{noun}s wait for each other in a circle ({string.Join(" → ", [.. circle, circle[0]])}): take one of them out of '{key}'");
    }
}
