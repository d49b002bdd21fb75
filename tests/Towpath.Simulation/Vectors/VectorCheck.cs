using System.Globalization;
using System.Text.Json;

namespace Towpath.Simulation.Vectors;

/// <param name="Difference">Null: it matched.</param>
public sealed record VectorResult(StatisticsVector Vector, string? Difference)
{
    public bool Matches => Difference is null;
}

/// <summary>Holds what the product computes against what a vector expects.</summary>
public static class VectorCheck
{
    public static VectorResult Check(StatisticsVector vector)
    {
        if (!VectorFunctions.All.TryGetValue(vector.Function, out var function))
            return new(vector, $"there is no function {vector.Function}");
        try
        {
            return new(vector, Difference(vector, function(new VectorInput(vector.Input))));
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or ArgumentException or FormatException or OverflowException)
        {
            return new(vector, $"{e.GetType().Name}: {e.Message}");
        }
    }

    private static string? Difference(StatisticsVector vector, IReadOnlyList<object?> answer)
    {
        JsonElement[] expected = vector.Expected.ValueKind == JsonValueKind.Array ? [.. vector.Expected.EnumerateArray()] : [vector.Expected];
        if (expected.Length != answer.Count)
            return $"{answer.Count} values, expected {expected.Length}";
        for (var i = 0; i < expected.Length; i++)
        {
            if (!IsSame(expected[i], answer[i], vector.Tolerances[Math.Min(i, vector.Tolerances.Count - 1)]))
                return string.Create(CultureInfo.InvariantCulture, $"{answer[i] ?? "nothing"}, expected {expected[i]}");
        }

        return null;
    }

    /// <summary>A null in the expectation is a value that its source does not look at.</summary>
    private static bool IsSame(JsonElement expected, object? answer, double tolerance) => expected.ValueKind switch
    {
        JsonValueKind.Null => true,
        JsonValueKind.True or JsonValueKind.False => answer is bool truth && truth == expected.GetBoolean(),
        JsonValueKind.Number => answer is not (null or bool or string)
            && Math.Abs(Convert.ToDouble(answer, CultureInfo.InvariantCulture) - expected.GetDouble()) <= tolerance,
        _ => answer is double.NaN ? expected.GetString() == "NaN" : string.Equals(answer as string, expected.GetString(), StringComparison.Ordinal),
    };
}
