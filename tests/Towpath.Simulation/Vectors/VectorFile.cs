using System.Text.Json;

namespace Towpath.Simulation.Vectors;

/// <summary>One input with what a function is expected to make of it.</summary>
/// <param name="Source">The public test or formula that it comes from.</param>
/// <param name="Tolerances">Absolute; one for all values of the answer, or one for each.</param>
public sealed record StatisticsVector(
    string Id, string Source, string Function, JsonElement Expected, IReadOnlyList<double> Tolerances, JsonElement Input);

/// <summary>Vectors for the statistics: <c>{"vectors": [{"id", "source", "fn", "expect", "tol", "in"}, …]}</c>.</summary>
public static class VectorFile
{
    /// <exception cref="InvalidDataException">It has another form.</exception>
    public static IReadOnlyList<StatisticsVector> Read(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(path));
            return [.. document.RootElement.GetProperty("vectors").EnumerateArray().Select(Vector)];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path} holds no vectors: {e.Message}", e);
        }
    }

    private static StatisticsVector Vector(JsonElement vector) => new(
        vector.GetProperty("id").GetString()!,
        vector.TryGetProperty("source", out var source) ? source.GetString()! : "",
        vector.GetProperty("fn").GetString()!,
        vector.GetProperty("expect").Clone(),
        vector.TryGetProperty("tol", out var tolerance) ? Numbers(tolerance) : [0],
        vector.GetProperty("in").Clone());

    private static IReadOnlyList<double> Numbers(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(each => each.GetDouble())] : [value.GetDouble()];
}
