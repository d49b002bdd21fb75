using System.Diagnostics;
using System.Globalization;
using Towpath.Core.Pipelines.Language;
using Towpath.Core.Pipelines.Yaml;

namespace Towpath.Core.Pipelines.Reading;

/// <summary>Values out of a checked map. What the table of keys promises is taken at its word; what was reported is skipped.</summary>
internal static class YamlValues
{
    public static string? Text(this YamlMap map, string key) => (map[key] as YamlScalar)?.Text;

    /// <summary>Of a key with a default; an unsound value reads as zero, which nobody sees: the file is invalid.</summary>
    public static int Number(this YamlMap map, string key) => map.Text(key) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : 0;

    /// <inheritdoc cref="Number"/>
    public static bool Flag(this YamlMap map, string key) => map.Text(key) == "true";

    /// <summary>Null when the key is absent.</summary>
    public static TimeSpan? Duration(this YamlMap map, string key) =>
        map.Text(key) is { } text ? Durations.Read(text) ?? throw new UnreachableException() : null;

    /// <inheritdoc cref="Number"/>
    public static TimeSpan DurationOrDefault(this YamlMap map, string key) => map.Duration(key) ?? TimeSpan.Zero;

    public static IEnumerable<YamlNode> Items(this YamlMap map, string key) =>
        map[key] is YamlList list ? list.Items.Where(item => item is not Unsound) : [];

    public static IEnumerable<YamlScalar> Scalars(this YamlMap map, string key) => map.Items(key).OfType<YamlScalar>();

    public static ValueList<string> Texts(this YamlMap map, string key) => map.Scalars(key).Select(item => item.Text).ToValueList();

    /// <summary>The entries that authors name, those with an unsound value included: their names are known all the same.</summary>
    public static IReadOnlyList<YamlEntry> Named(this YamlMap map, string key) => map[key] is YamlMap named ? named.Entries : [];

    public static OrdinalMap<string> TextMap(this YamlMap map, string key) =>
        OrdinalMap<string>.From(map.Named(key)
            .Where(entry => entry.Value is YamlScalar)
            .Select(entry => KeyValuePair.Create(entry.Key.Text, ((YamlScalar)entry.Value).Text)));
}
