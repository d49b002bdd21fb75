using System.Collections;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Towpath.Core;

/// <summary>
/// An immutable map from strings, enumerated in ordinal order and compared by value. The framework's own immutable
/// dictionaries enumerate strings differently in every process, which would make a replay differ from the first time.
/// </summary>
[JsonConverter(typeof(OrdinalMapJson))]
public sealed class OrdinalMap<TValue> : IReadOnlyDictionary<string, TValue>, IEquatable<OrdinalMap<TValue>>
{
    private readonly ImmutableSortedDictionary<string, TValue> items;

    private OrdinalMap(ImmutableSortedDictionary<string, TValue> items) => this.items = items;

    public static OrdinalMap<TValue> Empty { get; } = new(ImmutableSortedDictionary.Create<string, TValue>(StringComparer.Ordinal));

    public static OrdinalMap<TValue> From(IEnumerable<KeyValuePair<string, TValue>> pairs)
    {
        var items = Empty.items;
        foreach (var (key, value) in pairs)
            items = items.Add(key, value);
        return items.IsEmpty ? Empty : new(items);
    }

    public int Count => items.Count;

    public IEnumerable<string> Keys => items.Keys;

    public IEnumerable<TValue> Values => items.Values;

    public TValue this[string key] => items[key];

    public OrdinalMap<TValue> With(string key, TValue value) => new(items.SetItem(key, value));

    public OrdinalMap<TValue> Without(string key) => new(items.Remove(key));

    public TValue? Find(string key) => items.GetValueOrDefault(key);

    public bool ContainsKey(string key) => items.ContainsKey(key);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out TValue value) => items.TryGetValue(key, out value);

    public bool Equals(OrdinalMap<TValue>? other) => other is not null && items.SequenceEqual(other.items);

    public override bool Equals(object? obj) => Equals(obj as OrdinalMap<TValue>);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var (key, value) in items)
        {
            hash.Add(key, StringComparer.Ordinal);
            hash.Add(value);
        }

        return hash.ToHashCode();
    }

    public IEnumerator<KeyValuePair<string, TValue>> GetEnumerator() => items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

internal sealed class OrdinalMapJson : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) =>
        typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(OrdinalMap<>);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Converter<>).MakeGenericType(typeToConvert.GetGenericArguments()))!;

    private sealed class Converter<TValue> : JsonConverter<OrdinalMap<TValue>>
    {
        public override OrdinalMap<TValue> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            OrdinalMap<TValue>.From(JsonSerializer.Deserialize<Dictionary<string, TValue>>(ref reader, options)!);

        public override void Write(Utf8JsonWriter writer, OrdinalMap<TValue> value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            foreach (var (key, item) in value)
            {
                writer.WritePropertyName(key);
                JsonSerializer.Serialize(writer, item, options);
            }

            writer.WriteEndObject();
        }
    }
}
