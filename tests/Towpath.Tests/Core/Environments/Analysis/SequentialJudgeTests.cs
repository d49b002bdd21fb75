using Towpath.Core.Environments.Analysis;

namespace Towpath.Tests.Core.Environments.Analysis;

/// <summary>What follows from the evidence, and the sentence that people read.</summary>
public sealed class SequentialJudgeTests
{
    private static readonly TimeSpan Dwelt = TimeSpan.FromSeconds(60);

    [Fact]
    public void Version_with_more_errors_is_worse()
    {
        var judgement = Given.Repeated(Given.Evidence(errors: 0.01), 10, Given.Bin(0.05, 100, 0.06, 1900, 0.01)).Judge(0.05, Dwelt);
        Assert.Equal(Verdict.Worse, judgement.Verdict);
        Assert.Equal("The new version answers 6.0 % of its requests with an error, the live one 1.0 %.", judgement.Reason);
        Assert.True(judgement.LogWorse >= Math.Log(100));
    }

    [Fact]
    public void Version_that_is_slower_is_worse()
    {
        var judgement = Given.Repeated(Given.Evidence(errors: 0.01), 30, Given.Bin(0.05, 100, 0.01, 1900, 0.01, slower: 2)).Judge(0.05, Dwelt);
        Assert.Equal(Verdict.Worse, judgement.Verdict);
        Assert.Matches("^The new version answers [0-9.]+ % of its requests slower than [0-9]+ ms, the live one [0-9.]+ %\\.$", judgement.Reason);
    }

    [Fact]
    public void Worse_stays_worse_when_the_traffic_stops_or_gets_better()
    {
        var worse = Given.Repeated(Given.Evidence(errors: 0.01), 10, Given.Bin(0.05, 100, 0.06, 1900, 0.01));
        Assert.Equal(Verdict.Worse, Given.Repeated(worse, 20, Given.Bin(0.05, 0, 0, 1900, 0.01)).Judge(0.05, Dwelt).Verdict);
        Assert.Equal(Verdict.Worse, Given.Repeated(worse, 20, Given.Bin(0.05, 100, 0, 1900, 0.5)).Judge(0.05, Dwelt).Verdict);
    }

    [Fact]
    public void Version_that_is_alike_may_advance_after_the_dwell_and_not_before()
    {
        var alike = Given.Repeated(Given.Evidence(errors: 0.01), 30, Given.Bin(0.05, 100, 0.01, 1900, 0.01));
        var judgement = alike.Judge(0.05, Dwelt);
        Assert.Equal(Verdict.NotWorse, judgement.Verdict);
        Assert.Equal(
            "The new version answers 1.0 % of its requests with an error, the live one 1.0 %; 2.0 % more is ruled out, and so is that it is slower.",
            judgement.Reason);
        Assert.Equal(Verdict.Undecided, alike.Judge(0.05, Dwelt - TimeSpan.FromSeconds(1)).Verdict);
        Assert.Equal(Verdict.Undecided, alike.Judge(0.25, Dwelt).Verdict);
    }

    [Fact]
    public void Little_traffic_says_nothing_and_is_never_taken_for_success()
    {
        var few = Given.Repeated(Given.Evidence(errors: 0.01, requestsPerSecond: 0.1), 6, Given.Bin(0.5, 1, 0, 1, 0));
        var judgement = few.Judge(0.5, TimeSpan.FromHours(4));
        Assert.Equal(Verdict.Undecided, judgement.Verdict);
        Assert.True(judgement.Inconclusive);
        Assert.False(few.Judge(0.5, TimeSpan.FromHours(3)).Inconclusive);
        Assert.Equal("After 5 requests to the new version nothing is clear: not even errors alone would have shown.", judgement.Reason);
        Assert.Null(judgement.Metrics[0].Detectable);
    }

    [Fact]
    public void Candidate_without_requests_is_told_from_no_traffic_at_all()
    {
        var flowing = Given.Repeated(Given.Evidence(errors: 0.01), 5, Given.Bin(0.05, 50, 0.01, 950, 0.01));
        var silent = Given.Repeated(flowing, 3, Given.Bin(0.05, 0, 0, 950, 0.01)).Judge(0.05, Dwelt);
        Assert.Equal((Verdict.NoData, Silence.Candidate), (silent.Verdict, silent.Silence));
        Assert.Equal("The new version has had no request for 30 s, while the live one has.", silent.Reason);
        var both = Given.Repeated(flowing, 3, Given.Bin(0.05, 0, 0, 0, 0)).Judge(0.05, Dwelt);
        Assert.Equal((Verdict.NoData, Silence.Both), (both.Verdict, both.Silence));
        Assert.Equal("Neither version has had a request for 30 s.", both.Reason);
        Assert.NotEqual(Verdict.NoData, Given.Repeated(flowing, 2, Given.Bin(0.05, 0, 0, 950, 0.01)).Judge(0.05, Dwelt).Verdict);
    }

    [Fact]
    public void Silence_that_is_to_be_expected_is_not_remarkable()
    {
        var quiet = Given.Repeated(Given.Evidence(errors: 0.01, requestsPerSecond: 0.1), 5, Given.Bin(0.5, 0, 0, 1, 0));
        Assert.Equal(Verdict.Undecided, quiet.Judge(0.5, Dwelt).Verdict);
        Assert.Equal(Verdict.NoData, Given.Repeated(quiet, 5, Given.Bin(0.5, 0, 0, 1, 0)).Judge(0.5, Dwelt).Verdict);
    }

    [Fact]
    public void Live_version_that_differs_from_itself_makes_all_unreliable()
    {
        var bin = Given.Bin(0.05, 100, 0.06, 1900, 0.01);
        var reliable = Given.Repeated(Given.Evidence(errors: 0.01), 30, bin with { Twin = Given.Arm(900, 0.01) });
        Assert.Equal(Verdict.Worse, reliable.Judge(0.05, Dwelt).Verdict);
        var judgement = Given.Repeated(Given.Evidence(errors: 0.01), 9, bin with { Twin = Given.Arm(100, 0.19) }).Judge(0.05, Dwelt);
        Assert.Equal(Verdict.Unreliable, judgement.Verdict);
        Assert.StartsWith("The live version differs from itself", judgement.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Difference_below_the_floor_is_not_rolled_back()
    {
        var settings = AnalysisSettings.For(10_000) with { ExtraFailures = 0.01 };
        var history = Given.History(errors: 0.0001, requestsPerSecond: 10_000);
        var bin = Given.Bin(0.05, 50_000, 0.0005, 950_000, 0.0001);
        Assert.Equal(Verdict.NotWorse, Given.Repeated(Evidence.Begin(settings, history), 30, bin).Judge(0.05, Dwelt).Verdict);
        Assert.Equal(
            Verdict.Worse, Given.Repeated(Evidence.Begin(settings with { Floor = 0 }, history), 30, bin).Judge(0.05, Dwelt).Verdict);
    }

    [Theory]
    [InlineData(0.1, 0.01, 0)]
    [InlineData(5, 0.002, 0)]
    [InlineData(100, 0.001, 0)]
    [InlineData(10_000, 0.0002, 0.0005)]
    public void Defaults_come_from_the_live_versions_traffic(double requestsPerSecond, double extraFailures, double floor)
    {
        var settings = AnalysisSettings.For(requestsPerSecond);
        Assert.Equal((0.01, 1.25, extraFailures, floor), (settings.Alpha, settings.Tolerated, settings.ExtraFailures, settings.Floor));
        Assert.Equal(Dwelt, settings.LeastDwell);
    }

    [Fact]
    public void Without_latency_only_errors_are_judged()
    {
        var evidence = Evidence.Begin(AnalysisSettings.For(100), LiveHistory.None);
        var judgement = Given.Repeated(evidence, 20, Given.Bin(0.05, 100, 0.2, 1900, 0.01)).Judge(0.05, Dwelt);
        Assert.Equal(Verdict.Worse, judgement.Verdict);
        Assert.Equal("errors", Assert.Single(judgement.Metrics).Name);
    }
}
