using System.Text.Json;
using Towpath.Core;

namespace Towpath.Simulation.Vectors;

/// <summary>A vector's named arguments.</summary>
public sealed record VectorInput(JsonElement Json)
{
    public bool Has(string name) => Find(name) is not null;

    public VectorInput At(string name) => new(Json.GetProperty(name));

    public double Number(string name) => Json.GetProperty(name).GetDouble();

    public double Number(string name, double usual) => NumberOrNull(name) ?? usual;

    public double? NumberOrNull(string name) => Find(name) is { } value ? value.GetDouble() : null;

    public bool Truth(string name, bool usual) => Find(name) is { } value ? value.GetBoolean() : usual;

    public string Text(string name, string usual) => Find(name) is { } value ? value.GetString()! : usual;

    /// <summary>What is null in it is not a number.</summary>
    public double[] Numbers(string name) => [.. Json.GetProperty(name).EnumerateArray().Select(Value)];

    public (double? First, double? Second) Pair(string name) =>
        Find(name) is { } pair ? (pair[0].GetDouble(), pair[1].GetDouble()) : (null, null);

    public ValueList<long> Counts(string name) => Numbers(name).Select(value => (long)value).ToValueList();

    public IEnumerable<JsonElement> Each(string name) => Json.GetProperty(name).EnumerateArray();

    public static double Value(JsonElement value) => value.ValueKind == JsonValueKind.Number ? value.GetDouble() : double.NaN;

    private JsonElement? Find(string name) =>
        Json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
