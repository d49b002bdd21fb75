using System.Text.Json;
using Towpath.Simulation.Vectors;

namespace Towpath.Tests.Core.Environments.Analysis;

/// <summary>The statistics give what public test suites and independent derivations give.</summary>
public sealed class VectorTests
{
    private const string File = "tests/Towpath.Tests/Core/Environments/Analysis/vectors.json";

    private static readonly IReadOnlyList<StatisticsVector> Vectors = VectorFile.Read(Repository.At(File));

    public static TheoryData<string> Functions => [.. Vectors.Select(vector => vector.Function).Distinct()];

    [Theory]
    [MemberData(nameof(Functions))]
    public void Every_vector_matches(string function) => Assert.All(
        Vectors.Where(vector => vector.Function == function),
        vector => Assert.Null(VectorCheck.Check(vector) is { Matches: false } missed ? $"{vector.Id}: {missed.Difference}" : null));

    [Fact]
    public void There_is_a_vector_for_every_function() =>
        Assert.Equal(VectorFunctions.All.Keys.Order(StringComparer.Ordinal), Functions.Select(row => row.Data).Order(StringComparer.Ordinal));

    [Fact]
    public void Vector_that_does_not_match_is_found() => Assert.All(Vectors, vector =>
    {
        if (vector.Expected.ValueKind != JsonValueKind.Number)
            return;
        var off = vector.Expected.GetDouble() + (10 * vector.Tolerances[0]) + 1e-6;
        Assert.False(VectorCheck.Check(vector with { Expected = JsonSerializer.SerializeToElement(off) }).Matches, vector.Id);
    });

    [Fact]
    public void Function_that_nobody_knows_does_not_match() =>
        Assert.Equal("there is no function fly", VectorCheck.Check(Vectors[0] with { Function = "fly" }).Difference);
}
