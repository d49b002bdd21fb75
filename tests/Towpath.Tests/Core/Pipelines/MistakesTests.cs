using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Pipelines;

/// <summary>mistakes.txt: every kind of mistake, the place that it is reported at, and the sentence that a person reads.</summary>
public sealed class MistakesTests
{
    private const string Answer = "=> ";

    /// <summary>By the line in mistakes.txt, so that a failure says where to look.</summary>
    public static TheoryData<int> Lines => [.. Read().Select(mistake => mistake.Line)];

    [Theory]
    [MemberData(nameof(Lines))]
    public void A_mistake_is_reported_where_it_is_and_says_what_to_do(int line)
    {
        var (_, file, expected) = Read().Single(mistake => mistake.Line == line);

        var parse = PipelineFile.Parse(file);

        Assert.Null(parse.Pipeline);
        Assert.Equal(expected, string.Join('\n', parse.Errors.Select(error => $"{Answer}{error.Line}:{error.Column} {error.Message}")));
    }

    [Fact]
    public void The_list_of_mistakes_is_read_whole() => Assert.True(Read().Count > 100);

    /// <summary>A file, its answers, a blank line; '### ' begins a heading.</summary>
    private static List<(int Line, string File, string Expected)> Read()
    {
        var mistakes = new List<(int, string, string)>();
        var (file, answers, start) = (new List<string>(), new List<string>(), 0);
        var lines = File.ReadAllLines(Repository.At("tests/Towpath.Tests/Core/Pipelines/mistakes.txt"));
        foreach (var (index, line) in lines.Append("").Index())
        {
            if (line.StartsWith(Answer, StringComparison.Ordinal))
                answers.Add(line);
            else if (line.Length > 0 && !line.StartsWith("### ", StringComparison.Ordinal))
                file.Add(line);
            else if (answers.Count > 0)
            {
                mistakes.Add((start, string.Join('\n', file), string.Join('\n', answers)));
                file.Clear();
                answers.Clear();
            }

            if (file is [_] && answers.Count == 0)
                start = index + 1;
        }

        return mistakes;
    }
}
