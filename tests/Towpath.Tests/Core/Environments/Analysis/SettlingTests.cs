using Towpath.Core;
using Towpath.Core.Environments.Analysis;

namespace Towpath.Tests.Core.Environments.Analysis;

/// <summary>When the latency of a program that was just started begins to count.</summary>
public sealed class SettlingTests
{
    private static readonly ValueList<long> Usual = [50_000, 25_000, 10_000, 5_000, 1_000];

    [Fact]
    public void Version_that_is_steady_from_the_start_counts_from_the_fourth_measurement_on() => Assert.Equal(3, SettledAfter(_ => 1));

    [Fact]
    public void Version_that_gets_quicker_counts_once_it_does_not_any_more()
    {
        var halving = SettledAfter(bin => 1 + Math.Pow(0.5, bin));
        Assert.InRange(halving, 5, 10);
        Assert.True(SettledAfter(bin => 1 + Math.Pow(0.7, bin)) > halving);
    }

    [Fact]
    public void Version_that_gets_quicker_for_ever_counts_after_two_minutes() => Assert.Equal(12, SettledAfter(bin => 2 - (bin * 0.08)));

    [Fact]
    public void Slow_version_that_stays_slow_counts_as_soon_as_a_quick_one() => Assert.Equal(3, SettledAfter(_ => 1.9));

    [Fact]
    public void What_both_versions_share_is_no_getting_quicker() => Assert.Equal(3, SettledAfter(bin => 2 - (bin * 0.2), bin => 2 - (bin * 0.2)));

    [Fact]
    public void Measurements_without_requests_to_it_are_no_time()
    {
        var settling = Settling.None;
        for (var bin = 0; bin < 20; bin++)
            settling = settling.Add(new TrafficBin(0.5, ArmCounts.None, Arm(1)), 10);
        Assert.Equal(Settling.None, settling);
    }

    [Fact]
    public void Short_measurements_are_taken_together()
    {
        var (settling, bins) = (Settling.None, 0);
        for (; !settling.IsOver; bins++)
            settling = settling.Add(new TrafficBin(0.5, Arm(1), Arm(1)), 1);
        Assert.Equal(15, bins);
    }

    [Fact]
    public void Latency_before_that_is_evidence_of_nothing_and_errors_are()
    {
        var evidence = Given.Evidence(errors: 0.01);
        evidence = evidence with { Settings = evidence.Settings with { LatencySettles = true, WarmUpBins = 0 } };
        var history = evidence.LogWorseLatency;
        for (var bin = 0; bin < 3; bin++)
            evidence = evidence.Add(new TrafficBin(0.5, Arm(1.9 - (bin * 0.3), errors: 10_000), Arm(1, errors: 1_000)));
        Assert.Equal(history, evidence.LogWorseLatency);
        Assert.True(evidence.LogWorseErrors > 1);
        for (var bin = 0; bin < 6; bin++)
            evidence = evidence.Add(new TrafficBin(0.5, Arm(1.9), Arm(1)));
        Assert.True(evidence.LogWorseLatency > 10);
    }

    private static int SettledAfter(Func<int, double> slower, Func<int, double>? live = null)
    {
        var (settling, bins) = (Settling.None, 0);
        for (; !settling.IsOver; bins++)
            settling = settling.Add(new TrafficBin(0.5, Arm(slower(bins)), Arm(live?.Invoke(bins) ?? 1)), 10);
        return bins;
    }

    /// <summary>A hundred thousand requests, so many times as many of them slow.</summary>
    private static ArmCounts Arm(double slower, long errors = 0) => new(100_000, errors, Usual.Select(count => (long)(count * slower)).ToValueList());
}
