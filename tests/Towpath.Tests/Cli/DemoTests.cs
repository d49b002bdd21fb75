using Towpath.Core.Pipelines;
using Towpath.Demo;
using Towpath.Output;

namespace Towpath.Tests.Cli;

public sealed class DemoTests
{
    private static readonly string Sample = Path.Combine(AppContext.BaseDirectory, "samples", "shop");

    public static TheoryData<string> Commits => ["First", "BreaksATest", "BreaksVerification", "BreaksInProduction", "Repaired"];

    [Theory]
    [MemberData(nameof(Commits))]
    public void Every_commit_of_the_demo_changes_what_the_sample_has(string name)
    {
        var commit = (DemoCommit)typeof(DemoCommit).GetProperty(name)!.GetValue(null)!;
        foreach (var edit in commit.Edits)
        {
            var text = File.ReadAllText(Path.Combine(Sample, edit.File));
            Assert.NotEqual(text, DemoRepository.Apply(text, edit));
        }
    }

    [Fact]
    public void The_samples_pipeline_is_valid() =>
        Assert.Empty(PipelineFile.Parse(File.ReadAllText(Path.Combine(Sample, "towpath.yml"))).Errors);

    [Theory]
    [InlineData(2, "just now")]
    [InlineData(59, "59 s ago")]
    [InlineData(3_599, "59 min ago")]
    [InlineData(7_200, "2 h ago")]
    [InlineData(864_000, "10 days ago")]
    public void Times_are_said_as_people_say_them(int seconds, string expected) =>
        Assert.Equal(expected, Times.Ago(TimeSpan.FromSeconds(seconds)));
}
