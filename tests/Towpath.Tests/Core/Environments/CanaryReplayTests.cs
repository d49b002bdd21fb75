using System.Text.Json;
using CsCheck;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Environments;

/// <summary>What was recorded of a canary comes to the same verdicts again, and to others with other settings.</summary>
public sealed class CanaryReplayTests
{
    private static readonly MetricLimits Limits = new(TimeSpan.Zero, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5), 1, 1, 1, 3);
    private static readonly MetricDefinition Queue = new(
        "queue", new CommandNumber("./queue {{release}}"), new(Relation.Above, 100, OfLive: false), new(Relation.Below, 80, OfLive: false), Limits);

    private static readonly MetricDefinition Errors = new("errors", new RouterFigure(Figure.Errors), null, null, Limits, new(WorseWhen.Higher, MissingValues.Wait, [], false));

    private static readonly Gen<RolloutDefinition> Rollouts = Gen.Select(
        Gen.OneOf(Gen.Const(JudgeKind.Sequential), Gen.Const(JudgeKind.Threshold), Gen.Const(JudgeKind.Kayenta)), Gen.Bool, Gen.OneOf(Gen.Const(10), Gen.Const(60)), Gen.Bool, Gen.Bool)
        .Select((judge, sticky, dwell, pause, hasMetric) => Sample.Rollout() with
        {
            Steps = [new(0.05, pause), new(0.5, false)],
            Judge = judge,
            Sticky = sticky,
            Dwell = TimeSpan.FromSeconds(dwell),
            Metrics = judge == JudgeKind.Kayenta ? [Errors] : hasMetric || judge == JudgeKind.Threshold ? [Queue] : [],
            Kayenta = judge == JudgeKind.Kayenta ? new KayentaDefinition(95, 75, OrdinalMap<int>.Empty) : null,
        });

    /// <summary>A measurement: requests in hundreds, errors of both in thousandths, the queue, and what a person does.</summary>
    private static readonly Gen<(int Requests, int Errors, int LiveErrors, int Queue, int Person)> Moment = Gen.Select(
        Gen.Frequency((1, Gen.Const(0)), (9, Gen.Int[1, 100])), Gen.Frequency((6, Gen.Int[0, 5]), (1, Gen.Int[0, 200])), Gen.Int[0, 5],
        Gen.Frequency((2, Gen.Const(-1)), (8, Gen.Int[40, 90]), (1, Gen.Int[90, 150])), Gen.Frequency((30, Gen.Const(0)), (1, Gen.Int[1, 3])));

    [Fact]
    public void Record_comes_to_the_recorded_verdicts() => Gen.Select(Rollouts, Moment.Array[1, 60]).Sample((rollout, moments) =>
    {
        var story = Played(rollout, moments);
        var record = RecordOf(story)!;
        var judged = CanaryReplay.Judge(record).ToList();
        Assert.Equal(record.Measurements, judged.Select(one => one.Measurement));
        // Null: a hold or a pause kept it where it was, whatever had been shown.
        foreach (var one in judged.Where(one => Followed(story, one.Measurement.Number) is not null))
            Assert.Equal(Followed(story, one.Measurement.Number), one.Follows);
        if (story.State.Active is { Stage: Stage.Canary, Canary: { } canary } && record.Measurements[^1].Step == canary.Step)
            Assert.Equal(Canary.Judge(canary, rollout), judged[^1].Judgement);
    }, iter: 300);

    [Fact]
    public void Record_survives_its_way_over_the_api() => Gen.Select(Rollouts, Moment.Array[1, 20]).Sample((rollout, moments) =>
    {
        var record = RecordOf(Played(rollout, moments))!;
        Assert.Equal(record, JsonSerializer.Deserialize<CanaryRecord>(JsonSerializer.Serialize(record, CoreJson.Options), CoreJson.Options));
    }, iter: 50);

    [Fact]
    public void Stricter_settings_take_back_what_the_recorded_ones_let_through_and_say_where()
    {
        var record = RecordOf(Played(Sample.Rollout() with { Steps = [new(0.5, false)], Alpha = 0.0001 }, [.. Enumerable.Repeat((1, 40, 10, 50, 0), 12)]))!;
        var (asItWas, strict) = (CanaryReplay.Outcome(record), CanaryReplay.Outcome(record, new ReplaySettings(null, 0.2, null)));
        Assert.Equal(WhatFollows.Wait, asItWas.Follows);
        Assert.Equal(record.Measurements[^1], asItWas.Decided!.Measurement);
        Assert.Equal(WhatFollows.TakeBack, strict.Follows);
        Assert.InRange(strict.Decided!.Measurement.Number, 2, record.Measurements.Count);
        Assert.Equal(200 * strict.Decided.Measurement.Number, strict.Decided.Requests);
        Assert.Contains("with an error", strict.Decided.Judgement.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_judge_looks_at_the_same_measurements()
    {
        var record = RecordOf(Played(Sample.Rollout() with { Steps = [new(0.5, false)] }, [.. Enumerable.Repeat((100, 1, 1, 50, 0), 40)]))!;
        Assert.Equal(WhatFollows.GoOn, CanaryReplay.Outcome(record).Follows);
        // The 95th percentile is high in three measurements: a limit is passed, and a comparison of values has nothing to say.
        record = record with { Measurements = record.Measurements.Select((one, index) => index is 2 or 3 or 4 ? Slow(one) : one).ToValueList() };
        var threshold = CanaryReplay.Outcome(record, new ReplaySettings(JudgeKind.Threshold, null, null));
        Assert.Equal((WhatFollows.TakeBack, 5), (threshold.Follows, threshold.Decided!.Measurement.Number));
        Assert.Contains("'p95' is 90, and fails above 2 times the live version's: 3 of 4", threshold.Decided!.Judgement.Reason, StringComparison.Ordinal);
        Assert.Equal(WhatFollows.GoOn, CanaryReplay.Outcome(record).Follows);
        Assert.Equal(WhatFollows.GoOn, CanaryReplay.Outcome(record, new ReplaySettings(JudgeKind.Kayenta, null, null)).Follows);
    }

    [Fact]
    public void Longer_dwell_lets_it_go_on_later_and_measurements_keep_their_length()
    {
        var quick = Sample.Rollout() with { Steps = [new(0.5, false)], Dwell = TimeSpan.FromSeconds(6) };
        var record = RecordOf(Played(quick, [.. Enumerable.Repeat((100, 1, 1, 50, 2), 1), .. Enumerable.Repeat((100, 1, 1, 50, 0), 40)]))!;
        Assert.Equal(TimeSpan.FromSeconds(1), record.Bin);
        int Decided(int seconds) => CanaryReplay.Outcome(record, new ReplaySettings(null, null, TimeSpan.FromSeconds(seconds))).Steps[0].Measurement.Number;
        Assert.Equal(30, Decided(30));
        Assert.True(Decided(6) < 30);
    }

    [Fact]
    public void Events_of_other_deployments_and_after_the_end_are_no_part_of_a_record()
    {
        var story = Played(Sample.Rollout() with { Steps = [new(0.5, false)] }, [.. Enumerable.Repeat((100, 1, 1, 50, 0), 30)]);
        var record = RecordOf(story)!;
        Assert.Equal([TurnKind.AllTraffic], record.Turns.Select(turn => turn.Kind));
        Assert.Null(CanaryRecord.Of(1, Sample.Rollout(), story.Story));
        Assert.Equal(story.Story.Select(one => one.Event).OfType<TrafficMeasured>().Count(), record.Measurements.Count);
        var began = story.State.Deployment(2)!.Canary!.Began;
        Assert.IsType<TrafficSurveyed>(story.Story[(int)began - 1].Event);
    }

    private static CanaryMeasurement Slow(CanaryMeasurement one) =>
        one with { Traffic = one.Traffic! with { Candidate = one.Traffic.Candidate with { Percentiles = [10, 20, 30, 90, 120] } } };

    private static CanaryRecord? RecordOf(EnvironmentScenario story) =>
        CanaryRecord.Of(2, story.State.Deployment(2)!.Definition("production")!.Rollout!, story.Story.Skip((int)story.State.Deployment(2)!.Canary!.Began - 1));

    /// <summary>What the machine did after the measurement, as far as neither a hold nor a pause kept it from that.</summary>
    private static WhatFollows? Followed(EnvironmentScenario story, int number)
    {
        var at = story.Story.FindIndex(one => one.Event is TrafficMeasured measured && measured.Bin == number);
        var (before, next) = (story.Story.Take(at).ToList(), at + 1 < story.Story.Count ? story.Story[at + 1].Event : null);
        var follows = next switch
        {
            WithdrawalBegan => WhatFollows.TakeBack,
            RolloutPaused asked when asked.Reason.StartsWith("The pipeline", StringComparison.Ordinal) => WhatFollows.GoOn,
            RolloutPaused => WhatFollows.AskPerson,
            ShareRaised or StageBegan => WhatFollows.GoOn,
            _ => WhatFollows.Wait,
        };
        var paused = before.FindLastIndex(one => one.Event is RolloutPaused) > before.FindLastIndex(one => one.Event is ShareRaised);
        var held = before.FindLastIndex(one => one.Event is HoldSet) > before.FindLastIndex(one => one.Event is HoldLifted);
        return follows == WhatFollows.Wait && (paused || held) ? null : follows;
    }

    private static EnvironmentScenario Played(RolloutDefinition rollout, (int Requests, int Errors, int LiveErrors, int Queue, int Person)[] moments)
    {
        var story = Given.Environment("production").Defined(place => place with { Rollout = rollout }).Live(1).Underway(2, Stage.Canary);
        foreach (var (requests, errors, live, queue, person) in moments)
        {
            story.Measured(
                new TrafficMeasure(0.05, Counts(100 * requests, errors), Counts(100 * requests, live)),
                answer: _ => queue < 0 ? null : queue);
            if (story.State.Active is not { Stage: Stage.Canary })
                break;
            if (person == 1)
                story.When(new AdvanceDeployment(2, ToEnd: false, "ada"));
            else if (person == 2)
                story.When(new HoldEnvironment("ada", "Wait."));
            else if (person == 3)
                story.When(new HoldEnvironment("ada", "Wait.")).When(new ResumeEnvironment("ada"));
        }

        return story;
    }

    private static TrafficCounts Counts(long requests, int errors) =>
        new(requests, requests * errors / 1000, [requests / 2, requests / 4, requests / 10, requests / 20, requests / 100]) { Percentiles = requests == 0 ? [] : [10, 20, 30, 40, 50] };
}
