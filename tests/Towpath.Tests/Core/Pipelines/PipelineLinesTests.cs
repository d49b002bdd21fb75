using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Pipelines;

public sealed class PipelineLinesTests
{
    private const string File = """
        # What a shop does
        jobs:
          test: { steps: [dotnet test] }
          publish:
            needs: [test]
            steps:
              - dotnet publish
        environments:
          production:
            gates:
              - approval: 2
              - window: "Mon-Fri 08:00-18:00"
              -
                soak: 30m
          short: { gates: { approval: 1 } }
        """;

    [Theory]
    [InlineData(2, "jobs")]
    [InlineData(3, "jobs", "test")]
    [InlineData(3, "jobs", "test", "steps", "0")]
    [InlineData(5, "jobs", "publish", "needs")]
    [InlineData(11, "environments", "production", "gates", "0")]
    [InlineData(12, "environments", "production", "gates", "1")]
    [InlineData(14, "environments", "production", "gates", "2")]
    // What the file leaves out is said by what it stands in.
    [InlineData(9, "environments", "production", "after")]
    [InlineData(10, "environments", "production", "gates", "3")]
    [InlineData(10, "environments", "production", "gates", "-1")]
    [InlineData(10, "environments", "production", "gates", "approval")]
    [InlineData(15, "environments", "short", "gates", "0")]
    public void Part_has_its_line(int line, params string[] path) => Assert.Equal(line, PipelineLines.Of(File).Of(path));

    [Theory]
    [InlineData("")]
    [InlineData("just text")]
    [InlineData("jobs: [")]
    [InlineData("jobs: { test: *nothing }")]
    [InlineData("\u0000")]
    public void What_has_no_such_part_has_no_line(string text) => Assert.Null(PipelineLines.Of(text).Of("environments", "production"));
}
