using Towpath.Core.Environments.Analysis;

namespace Towpath.Tests.Core.Environments.Analysis;

/// <summary>A limit that is held against each measurement.</summary>
public sealed class ThresholdJudgeTests
{
    private static readonly ThresholdSettings Settings = new(TimeSpan.FromMinutes(1), Count: 3, FailureLimit: 1, InconclusiveLimit: 1);

    [Theory]
    [InlineData("", Verdict.Undecided)]
    [InlineData("ss", Verdict.Undecided)]
    [InlineData("sss", Verdict.NotWorse)]
    [InlineData("sfs", Verdict.NotWorse)]
    [InlineData("ff", Verdict.Worse)]
    [InlineData("sfsf", Verdict.Worse)]
    [InlineData("sis", Verdict.NotWorse)]
    [InlineData("ii", Verdict.Undecided)]
    [InlineData("eeee", Verdict.Undecided)]
    [InlineData("eeeee", Verdict.NoData)]
    [InlineData("eeeeseeee", Verdict.Undecided)]
    [InlineData("eess", Verdict.Undecided)]
    public void Measurements_come_to_a_verdict(string measured, Verdict verdict) =>
        Assert.Equal(verdict, Judge(measured, Settings).Verdict);

    [Fact]
    public void Too_many_that_say_nothing_end_it_undecided()
    {
        Assert.True(Judge("ii", Settings).Inconclusive);
        Assert.False(Judge("i", Settings).Inconclusive);
    }

    [Fact]
    public void No_limit_is_no_limit() =>
        Assert.Equal(Verdict.Undecided, Judge("ffffffffii", Settings with { Count = null, FailureLimit = null, InconclusiveLimit = null }).Verdict);

    [Fact]
    public void Reason_says_how_many() => Assert.Equal("2 of 3 measurements of the new version failed, and 1 may.", Judge("fsf", Settings).Reason);

    [Fact]
    public void Rate_that_cannot_be_known_says_nothing()
    {
        Assert.Equal(Measurement.Inconclusive, ThresholdJudge.Measure(null, 0.05));
        Assert.Equal(Measurement.Successful, ThresholdJudge.Measure(0.05, 0.05));
        Assert.Equal(Measurement.Failed, ThresholdJudge.Measure(0.051, 0.05));
    }

    private static Judgement Judge(string measured, ThresholdSettings settings) => measured.Aggregate(
        ThresholdJudge.Begin(settings), (judge, letter) => judge.Add(letter switch
        {
            's' => Measurement.Successful,
            'f' => Measurement.Failed,
            'i' => Measurement.Inconclusive,
            _ => Measurement.Errored,
        })).Judge();
}
