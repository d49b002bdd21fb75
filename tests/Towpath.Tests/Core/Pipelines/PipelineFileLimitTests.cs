using System.Text;
using CsCheck;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Pipelines;

public sealed class PipelineFileLimitTests
{
    private const string Small = """
        jobs:
          build:
            steps: [npm ci, npm test]
            env: &e { A: "x" }
        package: .
        app: { command: node s.js, health: / }
        environments:
          staging: { listen: 8081, env: *e, verify: [./smoke.sh, { http: / }] }
          production:
            after: [staging]
            listen: 8080

        """;

    private static readonly string[] Insertions =
    [
        "", "\t", "\n", ": ", "- ", "[", "}", "*e", "&x ", "!!int ", "'", "\"", "#", "<<: *e", "null", "999999999999", "---\n",
    ];

    [Fact]
    public void A_file_of_more_than_a_mebibyte_is_refused() =>
        Assert.Contains("larger than 1 MiB", Error("# " + new string('é', 600_000)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("jobs: \0", 1, 7)]
    [InlineData("jobs:\n  \u001b[0m", 2, 3)]
    [InlineData("# a\rjobs: {}", 1, 4)]
    [InlineData("# a\u2028jobs: {}", 1, 4)]
    public void Control_characters_are_refused(string file, int line, int column)
    {
        var error = Error(file);

        Assert.Contains("control character", error.Message, StringComparison.Ordinal);
        Assert.Equal((line, column), (error.Line, error.Column));
    }

    [Fact]
    public void Lists_in_lists_without_end_are_refused() =>
        Assert.Equal(
            new PipelineError(1, 65, "lists and maps lie more than 64 deep here: a pipeline file never needs that"),
            Error(new string('[', 100_000)));

    [Fact]
    public void Aliases_that_multiply_are_refused()
    {
        static string Tenfold(int n) => $"a{n}: &a{n} [{string.Join(", ", Enumerable.Repeat($"*a{n - 1}", 10))}]\n";
        var laughs = string.Concat(Enumerable.Range(1, 12).Select(Tenfold));

        var error = Error("a0: &a0 [x]\n" + laughs);

        Assert.Contains("more than 10000 values", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_values_than_a_person_writes_are_refused() =>
        Assert.Contains(
            "more than 10000 values",
            Error("[" + string.Concat(Enumerable.Repeat("x, ", 10_001)) + "]").Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData(100, 101, "'jobs' has 101 jobs: at most 100 are allowed")]
    public void Counts_have_limits(int most, int tooMany, string message)
    {
        static string Jobs(int count) => "jobs:\n" + string.Concat(Enumerable.Range(0, count).Select(n => $"  j{n}: {{ steps: x }}\n"));

        Assert.True(PipelineFile.Parse(Jobs(most)).IsValid);
        Assert.Equal(message, Error(Jobs(tooMany)).Message);
    }

    [Fact]
    public void All_errors_are_reported_together_in_the_order_of_the_file_and_no_more_than_twenty()
    {
        var environments = string.Concat(Enumerable.Range(0, 30).Select(n => $"  e{n}: {{ lisen: {n} }}\n"));

        var parse = PipelineFile.Parse("environments:\n" + environments);

        Assert.Equal(PipelineFile.MaxErrors, parse.Errors.Count);
        Assert.Equal(Enumerable.Range(1, 10).SelectMany(n => new[] { n + 1, n + 1 }), parse.Errors.Select(error => error.Line));
    }

    [Fact]
    public void Any_text_gives_a_pipeline_or_errors_with_a_place_in_the_file() =>
        Gen.OneOf(Mutated, Gen.String, Punctuation, Gen.Byte.Array[0, 200].Select(Encoding.UTF8.GetString))
            .Sample(file =>
            {
                var parse = PipelineFile.Parse(file);
                Assert.Equal(parse.IsValid, parse.Errors.Count == 0);
                var lines = file.Split('\n');
                foreach (var error in parse.Errors)
                {
                    Assert.InRange(error.Line, 1, lines.Length);
                    Assert.InRange(error.Column, 1, lines[error.Line - 1].Length + 1);
                    Assert.DoesNotContain('\n', error.Message);
                    Assert.False(error.Message.EndsWith('.'), error.Message);
                }
            }, iter: 5_000);

    private static Gen<string> Punctuation => Gen.String[Gen.Char["{}[]:,-?&*!|>'\"%@`#\n \t\\aU0<~.1"], 0, 60];

    /// <summary>A good file with pieces taken out, doubled, swapped or replaced.</summary>
    private static Gen<string> Mutated =>
        Gen.Select(Gen.Int[0, Small.Length], Gen.Int[0, 12], Gen.Int[0, Small.Length], Gen.Int[0, 12], Gen.Int[0, Insertions.Length - 1])
            .Select((at, length, from, copied, insertion) =>
            {
                var piece = Small.Substring(Math.Min(from, Small.Length - copied), copied);
                return Small[..at] + piece + Insertions[insertion] + Small[Math.Min(Small.Length, at + length)..];
            });

    private static PipelineError Error(string file)
    {
        var parse = PipelineFile.Parse(file);
        Assert.Null(parse.Pipeline);
        return parse.Errors[0];
    }
}
