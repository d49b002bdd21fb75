using System.Globalization;
using System.Text.RegularExpressions;

namespace Towpath.Core.Pipelines.Language;

/// <summary>What may stand at a place in the pipeline file. The parser, the JSON Schema and the reference page all walk these.</summary>
public abstract record Shape
{
    /// <summary>Completes "must be …" in a message and names the type in the reference.</summary>
    public abstract string Expected { get; }
}

/// <summary>One line or block of text.</summary>
/// <param name="Pattern">Matches the whole text; null: any text.</param>
public sealed record TextShape(string Name, string Expectation, string? Pattern = null) : Shape
{
    private readonly Regex? regex = Pattern is null
        ? null
        : new(@"\A(?:" + Pattern + @")\z", RegexOptions.NonBacktracking | RegexOptions.Singleline);

    public override string Expected => Expectation;

    /// <summary>Characters.</summary>
    public int MaxLength { get; init; } = 4_000;

    /// <summary>What a pattern cannot say: null when the text is fine, else what is wrong with it and what to do.</summary>
    public Func<string, string?>? Objection { get; init; }

    /// <summary>Also a number or a flag in the eyes of a YAML editor, such as the 8080 of <c>listen: 8080</c>.</summary>
    public bool LooksLikeOthers { get; init; }

    public bool Matches(string text) => regex?.IsMatch(text) ?? true;
}

/// <summary>A time span: <c>90s</c>, <c>5m</c>, <c>1h30m</c>, <c>2d</c>.</summary>
public sealed record DurationShape(TimeSpan Least, TimeSpan Most) : Shape
{
    public const string Pattern = "([0-9]{1,4}d)?([0-9]{1,5}h)?([0-9]{1,6}m)?([0-9]{1,7}s)?";

    public override string Expected => $"a duration from {Durations.Text(Least)} to {Durations.Text(Most)}, such as 30s, 5m or 1h30m";

    public bool Contains(string text) => Durations.Read(text) is { } span && span >= Least && span <= Most;
}

/// <summary>Digits, without quotes.</summary>
public sealed record WholeNumberShape(int Least, int Most) : Shape
{
    public override string Expected => $"a whole number from {Least} to {Most}";

    public bool Contains(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= Least && number <= Most;
}

/// <summary><c>true</c> or <c>false</c>, and none of YAML's other words for them.</summary>
public sealed record FlagShape : Shape
{
    public override string Expected => "true or false";
}

/// <summary>One of a few words.</summary>
public sealed record ChoiceShape(ValueList<string> Words) : Shape
{
    public override string Expected => string.Join(" or ", Words.Select(word => $"'{word}'"));
}

/// <summary>A list; a single item may stand for a list of one.</summary>
public sealed record ListShape(string Noun, Shape Item, int Most, int Least = 0) : Shape
{
    public override string Expected => $"{Noun}s: one, or a list of them";
}

/// <summary>A map from names that the author chooses.</summary>
/// <param name="Noun">What each entry is.</param>
public sealed record NamedShape(string Noun, TextShape Name, Shape Item, int Most, int Least = 0) : Shape
{
    public override string Expected => $"a map of {Noun}s";
}

/// <summary>A map with known keys.</summary>
/// <param name="Noun">Names it in messages and in the reference.</param>
public sealed record KeySet(string Noun, ValueList<Key> Keys) : Shape
{
    /// <summary>The key that a text alone stands for: <c>npm test</c> is short for <c>{ run: npm test }</c>.</summary>
    public string? Shorthand { get; init; }

    /// <summary>Keys that a later version will know: refused, and not taken for typing errors.</summary>
    public ValueList<string> Later { get; init; } = [];

    public override string Expected =>
        (Shorthand is null ? "" : Find(Shorthand)!.Shape.Expected + ", or ") + $"a map with keys such as '{Keys[0].Name}'";

    /// <summary>The keys without which a map is not one of these.</summary>
    public IEnumerable<Key> Required => Keys.Where(key => key.Required);

    public Key? Find(string name) => Keys.FirstOrDefault(key => key.Name == name);
}

/// <summary>One of several shapes: the first that the value looks like.</summary>
/// <param name="Shapes">More than one <see cref="KeySet"/> is told apart by the first key that each requires.</param>
public sealed record EitherShape(ValueList<Shape> Shapes) : Shape
{
    public override string Expected => string.Join(", or ", Shapes.Select(shape => shape.Expected));

    public IEnumerable<KeySet> KeySets => Shapes.OfType<KeySet>();
}

/// <summary>A key of a map.</summary>
/// <param name="Description">A sentence for the reference, the schema and whoever hovers over the key.</param>
public sealed record Key(string Name, Shape Shape, string Description)
{
    public bool Required { get; init; }

    /// <summary>The value that stands for an absent key, as it would be written.</summary>
    public string? Default { get; init; }

    /// <summary>The default in words where it is no fixed value.</summary>
    public string? DefaultMeans { get; init; }

    /// <summary>A value, as it would be written on one line.</summary>
    public required string Example { get; init; }

    /// <summary>Other tools' words for it. Whoever types one of them is told ours.</summary>
    public ValueList<string> Elsewhere { get; init; } = [];
}
