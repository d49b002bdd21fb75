using System.Collections;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Towpath.Core;

/// <summary>An immutable list that equals another with the same items in the same order, so that records holding it compare by value.</summary>
[CollectionBuilder(typeof(ValueList), nameof(ValueList.Create))]
[JsonConverter(typeof(ValueListJson))]
public sealed class ValueList<T> : IReadOnlyList<T>, IEquatable<ValueList<T>>
{
    private readonly ImmutableArray<T> items;

    internal ValueList(ImmutableArray<T> items) => this.items = items;

    public static ValueList<T> Empty { get; } = new([]);

    public int Count => items.Length;

    public T this[int index] => items[index];

    public ValueList<T> Add(T item) => new(items.Add(item));

    public ValueList<T> SetItem(int index, T item) => new(items.SetItem(index, item));

    /// <summary>The same list of derived items, seen as a list of what they are.</summary>
    public static ValueList<T> Of<TDerived>(ValueList<TDerived> list) where TDerived : class, T =>
        new(ImmutableArray<T>.CastUp(list.items));

    /// <summary>The same list with every item that matches replaced; the same instance when none does.</summary>
    public ValueList<T> Replace(Func<T, bool> match, Func<T, T> change)
    {
        T[]? changed = null;
        for (var i = 0; i < items.Length; i++)
        {
            if (!match(items[i]))
                continue;
            changed ??= items.AsSpan().ToArray();
            changed[i] = change(items[i]);
        }

        return changed is null ? this : new(ImmutableCollectionsMarshal.AsImmutableArray(changed));
    }

    /// <summary>The same list with the last item that matches replaced; the same instance when none does.</summary>
    public ValueList<T> ReplaceLast(Func<T, bool> match, Func<T, T> change)
    {
        for (var i = items.Length - 1; i >= 0; i--)
        {
            if (match(items[i]))
                return SetItem(i, change(items[i]));
        }

        return this;
    }

    // As those of LINQ, and chosen before them: lists are looked through for every input, without asking an interface for each item.
    public bool Any(Func<T, bool> match)
    {
        foreach (var item in items)
        {
            if (match(item))
                return true;
        }

        return false;
    }

    public T? FirstOrDefault(Func<T, bool> match)
    {
        foreach (var item in items)
        {
            if (match(item))
                return item;
        }

        return default;
    }

    public T? LastOrDefault(Func<T, bool> match)
    {
        for (var i = items.Length - 1; i >= 0; i--)
        {
            if (match(items[i]))
                return items[i];
        }

        return default;
    }

    public bool All(Func<T, bool> match)
    {
        foreach (var item in items)
        {
            if (!match(item))
                return false;
        }

        return true;
    }

    public IEnumerable<T> Where(Func<T, bool> match) => items.Where(match);

    public IEnumerable<TOther> Select<TOther>(Func<T, TOther> change) => items.Select(change);

    public bool Contains(T item) => items.Contains(item);

    public bool Equals(ValueList<T>? other) => other is not null && items.AsSpan().SequenceEqual(other.items.AsSpan());

    public override bool Equals(object? obj) => Equals(obj as ValueList<T>);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var item in items)
            hash.Add(item);
        return hash.ToHashCode();
    }

    public ImmutableArray<T>.Enumerator GetEnumerator() => items.GetEnumerator();

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => ((IEnumerable<T>)items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable)items).GetEnumerator();
}

/// <summary>Makes <see cref="ValueList{T}"/> from collection expressions and sequences.</summary>
public static class ValueList
{
    public static ValueList<T> Create<T>(ReadOnlySpan<T> items) => items.IsEmpty ? ValueList<T>.Empty : new([.. items]);

    public static ValueList<T> ToValueList<T>(this IEnumerable<T> items) => new([.. items]);
}

internal sealed class ValueListJson : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) =>
        typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(ValueList<>);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Converter<>).MakeGenericType(typeToConvert.GetGenericArguments()))!;

    private sealed class Converter<T> : JsonConverter<ValueList<T>>
    {
        public override ValueList<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(JsonSerializer.Deserialize<ImmutableArray<T>>(ref reader, options));

        public override void Write(Utf8JsonWriter writer, ValueList<T> value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.ToArray(), options);
    }
}
