using System.Text.Json;
using CsCheck;
using Towpath.Core;
using Towpath.Core.Environments.Analysis;

namespace Towpath.Tests.Core.Environments.Analysis;

/// <summary>The state of the sequential judge: what may be added how, and what must never come out.</summary>
public sealed class EvidenceTests
{
    private static readonly Gen<long> Count = Gen.OneOf(Gen.Long[0, 20], Gen.Long[0, 5000], Gen.Const(0L), Gen.Const(1_000_000_000L));

    private static readonly Gen<ArmCounts> Arm = Gen.Select(Count, Gen.Double[0, 1], Gen.OneOf(Gen.Const(0.0), Gen.Const(1.0), Gen.Double[0, 1]))
        .Select((requests, errors, slower) => new ArmCounts(
            requests, (long)(requests * errors), Enumerable.Repeat((long)(requests * slower), 5).ToValueList()));

    private static readonly Gen<TrafficBin> Bin = Gen.Select(
        Gen.OneOf(Gen.Const(0.0), Gen.Const(1.0), Gen.Const(0.05), Gen.Double[0, 1]), Arm, Arm, Gen.Bool, Arm)
        .Select((share, candidate, baseline, hasTwin, twin) => new TrafficBin(share, candidate, baseline, hasTwin ? twin : null));

    [Fact]
    public void Whatever_is_measured_no_number_is_lost() => Bin.Array[1, 30].Sample(bins =>
    {
        var evidence = Given.Evidence(errors: 0.01);
        foreach (var bin in bins)
        {
            evidence = evidence.Add(bin);
            var judgement = evidence.Judge(bin.Share, TimeSpan.FromMinutes(5));
            Assert.All(judgement.Metrics, metric =>
            {
                Assert.True(double.IsFinite(metric.LogWorse), $"{metric}");
                Assert.True(double.IsFinite(metric.LogNotWorse), $"{metric}");
                Assert.InRange(metric.Worse, 0, double.MaxValue);
                Assert.InRange(metric.Detectable ?? 0, 0, 1);
            });
            Assert.True(double.IsFinite(judgement.LogWorse));
            Assert.DoesNotContain("NaN", judgement.Reason, StringComparison.Ordinal);
            // JSON has no infinity: writing one throws.
            JsonSerializer.Serialize(evidence, CoreJson.Options);
        }
    }, iter: 200);

    [Fact]
    public void State_comes_back_from_json_as_it_was_and_goes_on_alike() => Bin.Array[2, 12].Sample(bins =>
    {
        var evidence = bins[1..].Aggregate(Given.Evidence(errors: 0.01), (state, bin) => state.Add(bin));
        var read = JsonSerializer.Deserialize<Evidence>(JsonSerializer.Serialize(evidence, CoreJson.Options), CoreJson.Options)!;
        Assert.Equal(evidence, read);
        Assert.Equal(evidence.Add(bins[0]), read.Add(bins[0]));
    }, iter: 50);

    [Fact]
    public void State_does_not_grow_with_what_was_added()
    {
        var evidence = Given.Evidence(errors: 0.01);
        var early = 0;
        for (var bin = 0; bin < 3000; bin++)
        {
            evidence = evidence.Add(Given.Bin(0.05, 50, 0.01, 950, 0.01));
            if (bin == 10)
                early = JsonSerializer.Serialize(evidence, CoreJson.Options).Length;
        }

        Assert.InRange(JsonSerializer.Serialize(evidence, CoreJson.Options).Length, 0, early * 1.2);
    }

    [Fact]
    public void Errors_alone_may_be_added_in_any_parts() => Gen.Select(Gen.Double[0.001, 0.999], Gen.Int[0, 500].Array[4]).Sample((share, counts) =>
    {
        var whole = ErrorRatio.Begin(1.25).Add(share, counts[0] + counts[1], counts[2] + counts[3]);
        var parts = ErrorRatio.Begin(1.25).Add(share, counts[0], counts[2]).Add(share, counts[1], counts[3]);
        Assert.Equal(whole.LogE, parts.LogE, 1e-9 * (1 + Math.Abs(whole.LogE)));
    });

    [Fact]
    public void Errors_alone_go_on_when_the_share_changes()
    {
        var first = ErrorRatio.Begin(1).Add(0.01, 2, 30);
        Assert.NotEqual(ErrorRatio.Begin(1).Add(0.05, 9, 60).LogE, first.Add(0.05, 9, 60).LogE, 0.1);
        Assert.NotEqual(ErrorRatio.Begin(1).Add(0.05, 11, 90).LogE, first.Add(0.05, 9, 60).LogE, 0.1);
    }

    [Fact]
    public void Block_may_be_halved_when_the_guess_stays_the_same() =>
        Gen.Select(Gen.Int[1, 200], Gen.Int[1, 2000], Gen.Double[0.01, 0.9], Gen.Double[0.01, 0.9]).Sample((na, nb, a, b) =>
        {
            var (half, line) = (new Block(na, na / 3, nb, nb / 5), new Line(1.25, 0));
            var whole = TwoByTwo.LogS(half + half, a, b, line, below: true);
            Assert.Equal(whole, 2 * TwoByTwo.LogS(half, a, b, line, below: true), 1e-9 * (1 + Math.Abs(whole)));
        });

    [Fact]
    public void Too_few_requests_wait_for_the_next_measurement()
    {
        var waiting = Given.Rates(0.01).Add(new Block(4, 1, 400, 4), null);
        Assert.Equal(default, waiting.Seen);
        var together = waiting.Add(new Block(3, 0, 300, 1), null);
        Assert.Equal(new Block(7, 1, 700, 5), together.Seen);
        Assert.Equal(Given.Rates(0.01).Add(new Block(7, 1, 700, 5), null).Worse, together.Worse);
        Assert.NotEqual(Given.Rates(0.01).Worse, together.Worse);
    }

    [Fact]
    public void Errors_of_single_requests_are_heard_as_well()
    {
        var evidence = Given.Evidence(errors: 0.01, requestsPerSecond: 0.1);
        for (var bin = 0; bin < 80; bin++)
            evidence = evidence.Add(bin % 2 == 0 ? Given.Bin(0.5, 1, 1, 0, 0) : Given.Bin(0.5, 0, 0, 1, 0));
        Assert.True(evidence.ErrorRatio.LogE > Math.Log(100), $"{evidence.ErrorRatio.LogE}");
        Assert.True(evidence.Errors.Worse.LogE > Math.Log(100), $"{evidence.Errors.Worse.LogE}");
    }

    [Fact]
    public void Guess_of_a_block_is_made_before_it_is_seen()
    {
        var first = Given.Rates(0.01).Add(new Block(100, 100, 100, 0), null);
        Assert.Equal(0.01, Given.Rates(0.01).Expected);
        Assert.Equal(10.0 / 1100, first.Expected, 1e-12);
    }

    [Fact]
    public void Warm_up_is_left_out_of_both_versions()
    {
        var evidence = Given.Evidence(errors: 0.01).Add(Given.Bin(0.05, 500, 1, 9500, 0.01));
        Assert.Equal(default, evidence.Total);
        Assert.Equal(0, evidence.HighestWorse);
        Assert.True(evidence.Add(Given.Bin(0.05, 500, 1, 9500, 0.01)).HighestWorse > 100);
    }

    [Fact]
    public void Promotion_is_asked_anew_at_each_share_and_rollback_is_not()
    {
        var low = Given.Repeated(Given.Evidence(errors: 0.01), 20, Given.Bin(0.05, 50, 0.05, 950, 0.01));
        var high = low.Add(Given.Bin(0.25, 0, 0, 0, 0));
        Assert.Equal(0, high.Errors.NotWorse.LogE, 1e-12);
        Assert.NotEqual(0, low.Errors.NotWorse.LogE, 0.01);
        Assert.Equal(low.Errors.Worse, high.Errors.Worse);
        Assert.Equal(low.ErrorRatio, high.ErrorRatio);
        Assert.True(low.Errors.NotWorse.Line.Margin > high.Errors.NotWorse.Line.Margin);
    }
}
