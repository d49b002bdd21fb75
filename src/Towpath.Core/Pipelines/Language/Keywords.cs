using Towpath.Core.Pipelines.Yaml;

namespace Towpath.Core.Pipelines.Language;

/// <summary>Says what is wrong with the keys of one map, and which word was probably meant.</summary>
/// <param name="siblings">All that could have stood here; a key of one of them deserves a better answer than "unknown".</param>
internal sealed class Keywords(Findings findings, KeySet set, IReadOnlyList<KeySet> siblings, Place place)
{
    private readonly List<string> suggested = [];

    public bool Knows(YamlScalar key, YamlMap map)
    {
        if (set.Find(key.Text) is not null)
            return true;
        findings.Report(key.At, Unknown(key.Text, map));
        return false;
    }

    /// <summary>
    /// A map is not blamed for a key that was suggested already, nor for what it lacks because a key of a later version
    /// stands there.
    /// </summary>
    public bool HasAllRequired(YamlMap map)
    {
        if (map.Entries.Any(entry => siblings.Any(sibling => sibling.Later.Contains(entry.Key.Text))))
            return false;
        if (siblings.SelectMany(sibling => sibling.Required).Any(key => suggested.Contains(key.Name)))
            return false;
        var missing = set.Required.Where(key => map.Entry(key.Name) is null).ToList();
        foreach (var key in missing)
        {
            // Once the first is there, it is chosen what the map is.
            var others = siblings.Where(sibling => sibling != set && key == set.Required.First())
                .Select(sibling => sibling.Required.FirstOrDefault())
                .OfType<Key>()
                .Select(other => $" or '{other.Name}'");
            findings.Report(
                place.At,
                $"{place.Subject} has no '{key.Name}'{string.Concat(others)}: add one, such as `{key.Name}: {key.Example}`");
        }

        return missing.Count == 0;
    }

    private string Unknown(string written, YamlMap map)
    {
        if (siblings.Any(sibling => sibling.Later.Contains(written)))
            return $"'{written}'{place.Inside} is not supported yet by this version: take it out";
        if (siblings.FirstOrDefault(sibling => sibling.Find(written) is not null) is { } sibling)
            return Misplaced(written, sibling, map);
        var keys = siblings.SelectMany(known => known.Keys).DistinctBy(key => key.Name).ToList();
        var words = keys.Select(key => key.Name).ToList();
        var meant = Spelling.Nearest(written, words)
            ?? keys.FirstOrDefault(key => key.Elsewhere.Contains(written, StringComparer.OrdinalIgnoreCase))?.Name;
        if (meant is not null)
            suggested.Add(meant);
        var advice = meant is not null ? $"did you mean '{meant}'?" : $"known are {Spelling.Listed(words, most: 20)}";
        return $"unknown key '{written}'{(place.Inside.Length > 0 ? place.Inside : " at the top level")}: {advice}";
    }

    private string Misplaced(string written, KeySet sibling, YamlMap map)
    {
        var chosen = set.Required.FirstOrDefault(key => map.Entry(key.Name) is not null);
        return chosen is not null
            ? $"'{written}' does not go with '{chosen.Name}'{place.Inside}: take one of them out"
            : $"'{written}' needs '{sibling.Required.First().Name}'{place.Inside}: add it, or take '{written}' out";
    }
}
