using System.Diagnostics;
using Towpath.Core.Pipelines.Yaml;

namespace Towpath.Core.Pipelines.Language;

/// <summary>
/// Holds a tree against its shape, and gives back the tree that the readers can trust: short forms are written out, defaults
/// are filled in, unknown keys are gone, and <see cref="Unsound"/> stands where something was reported.
/// </summary>
internal sealed class ShapeCheck(Findings findings)
{
    public YamlNode Check(YamlNode root, Shape shape) => Check(root, shape, new("", "", root.At));

    private YamlNode Check(YamlNode node, Shape shape, Place place) => node is Unsound ? node : shape switch
    {
        TextShape text => Text(node, text, place),
        DurationShape duration => Scalar(node, duration, place, duration.Contains),
        WholeNumberShape number => Scalar(node, number, place, number.Contains, mustBePlain: true),
        FlagShape flag => Scalar(node, flag, place, text => text is "true" or "false", mustBePlain: true),
        ChoiceShape choice => Scalar(node, choice, place, choice.Words.Contains),
        ListShape list => List(node, list, place),
        NamedShape named => Named(node, named, place),
        KeySet keys => Keys(node, keys, place, [keys]),
        EitherShape either => Either(node, either, place),
        _ => throw new UnreachableException(),
    };

    private YamlNode Text(YamlNode node, TextShape shape, Place place)
    {
        if (node is not YamlScalar { IsNothing: false } scalar)
            return Wrong(node, shape, place);
        if (scalar.Text.Length > shape.MaxLength)
            return Report(node, place, $"{place.Subject} is {scalar.Text.Length} characters long: at most {shape.MaxLength} are allowed");
        if (!shape.Matches(scalar.Text))
            return Wrong(node, shape, place);
        return shape.Objection?.Invoke(scalar.Text) is { } objection ? Report(node, place, $"{place.Subject} {objection}") : node;
    }

    private YamlNode Scalar(YamlNode node, Shape shape, Place place, Func<string, bool> fits, bool mustBePlain = false)
    {
        if (node is not YamlScalar { IsNothing: false } scalar || !fits(scalar.Text))
            return Wrong(node, shape, place);
        return mustBePlain && !scalar.Plain
            ? Report(node, place, $"{place.Subject} must be {shape.Expected}, not the text '{scalar.Text}': leave the quotes out")
            : node;
    }

    private YamlNode List(YamlNode node, ListShape shape, Place place)
    {
        if (node is YamlScalar { IsNothing: true })
            return Report(node, place, $"{place.Subject} is empty: give it a {shape.Noun}, or take it out");
        if (node is not YamlList list)
        {
            var only = Check(node, shape.Item, place);
            return only is Unsound ? only : new YamlList(node.At, [only]);
        }

        if (list.Items.Count < shape.Least)
            return Report(node, place, $"{place.Subject} is empty: give it at least one {shape.Noun}");
        if (list.Items.Count > shape.Most)
            return Report(node, place, $"{place.Subject} has {list.Items.Count} {shape.Noun}s: at most {shape.Most} are allowed");
        var items = list.Items.Select((item, index) => Check(item, shape.Item, place.Item(index, item.At))).ToList();
        return new YamlList(list.At, items);
    }

    private YamlNode Named(YamlNode node, NamedShape shape, Place place)
    {
        if (node is YamlScalar { IsNothing: true })
            return Report(node, place, $"{place.Subject} is empty: give it a {shape.Noun}, or take it out");
        if (node is not YamlMap map)
            return Wrong(node, shape, place);
        if (map.Entries.Count < shape.Least)
            return Report(node, place, $"{place.Subject} is empty: give it at least one {shape.Noun}");
        if (map.Entries.Count > shape.Most)
            return Report(node, place, $"{place.Subject} has {map.Entries.Count} {shape.Noun}s: at most {shape.Most} are allowed");
        var entries = new List<YamlEntry>();
        foreach (var (name, value) in map.Entries)
        {
            Name(name, shape, place.Named(shape.Noun, name));
            entries.Add(new(name, Check(value, shape.Item, place.Named(shape.Noun, name))));
        }

        return new YamlMap(map.At, entries);
    }

    private void Name(YamlScalar name, NamedShape shape, Place place)
    {
        if (!shape.Name.Matches(name.Text) || name.Text.Length > shape.Name.MaxLength)
            findings.Report(name.At, $"{name.Kind} cannot be the name of a {shape.Noun}: it must be {shape.Name.Expected}");
        else if (shape.Name.Objection?.Invoke(name.Text) is { } objection)
            findings.Report(name.At, $"{place.Subject} {objection}");
    }

    private YamlNode Either(YamlNode node, EitherShape shape, Place place)
    {
        var likely = shape.Shapes.FirstOrDefault(candidate => LooksLike(node, candidate));
        if (node is YamlMap)
            likely ??= shape.KeySets.FirstOrDefault();
        return likely switch
        {
            null => Wrong(node, shape, place),
            KeySet keys => Keys(node, keys, place, [.. shape.KeySets]),
            _ => Check(node, likely, place),
        };
    }

    /// <summary>Enough to choose between alternatives; whether it fits is asked afterwards.</summary>
    private static bool LooksLike(YamlNode node, Shape shape) => (node, shape) switch
    {
        (YamlScalar { IsNothing: true }, KeySet keys) => !keys.Required.Any(),
        (YamlScalar scalar, ChoiceShape choice) => choice.Words.Contains(scalar.Text),
        (YamlScalar, KeySet keys) => keys.Shorthand is not null,
        (YamlScalar, TextShape) => true,
        (YamlMap map, KeySet keys) => keys.Required.FirstOrDefault() is not { } first || map.Entry(first.Name) is not null,
        (YamlMap, NamedShape) => true,
        _ => false,
    };

    private YamlNode Keys(YamlNode node, KeySet set, Place place, IReadOnlyList<KeySet> siblings)
    {
        if (node is YamlScalar { IsNothing: true } && !set.Required.Any())
            node = new YamlMap(node.At, []);
        else if (node is YamlScalar { IsNothing: false } line && set.Find(set.Shorthand ?? "") is { } shorthand)
        {
            var value = Check(line, shorthand.Shape, place);
            if (value is Unsound)
                return value;
            node = new YamlMap(line.At, [new(new(line.At, shorthand.Name, Plain: true), value)]);
        }

        if (node is YamlScalar { IsNothing: true } && set.Required.FirstOrDefault() is { } first)
            return Report(node, place, $"{place.Subject} is empty: give it '{first.Name}', such as `{first.Name}: {first.Example}`");
        if (node is not YamlMap map)
            return Wrong(node, set, place);
        var keywords = new Keywords(findings, set, siblings, place);
        var entries = map.Entries
            .Where(entry => keywords.Knows(entry.Key, map))
            .Select(entry => entry with { Value = Check(entry.Value, set.Find(entry.Key.Text)!.Shape, place.Key(entry.Key)) })
            .ToList();
        var sound = keywords.HasAllRequired(map)
            && set.Required.All(key => entries.Exists(entry => entry.Key.Text == key.Name && entry.Value is not Unsound));
        entries.AddRange(set.Keys
            .Where(key => key.Default is not null && map.Entry(key.Name) is null)
            .Select(key => new YamlEntry(new(map.At, key.Name, Plain: true), new YamlScalar(map.At, key.Default!, Plain: true))));
        return sound ? map with { Entries = entries } : new Unsound(map.At);
    }

    private Unsound Wrong(YamlNode node, Shape shape, Place place) =>
        Report(node, place, $"{place.Subject} must be {shape.Expected}, not {node.Kind}");

    private Unsound Report(YamlNode node, Place place, string message)
    {
        findings.Report(node is YamlScalar { IsNothing: true } ? place.At : node.At, message);
        return new(node.At);
    }
}
