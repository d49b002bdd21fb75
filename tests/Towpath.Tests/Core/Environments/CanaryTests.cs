using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Environments.Analysis;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Environments;

/// <summary>Traffic that moves in steps: what makes a canary go on, go back, or wait.</summary>
public sealed class CanaryTests
{
    private static readonly TrafficMeasure Good = Measure(candidateErrors: 5, baselineErrors: 95);
    private static readonly TrafficMeasure Bad = Measure(candidateErrors: 500, baselineErrors: 95);
    private static readonly TrafficMeasure Silent = new(0.05, new(0, 0, [0, 0, 0, 0, 0]), new(0, 0, [0, 0, 0, 0, 0]));

    [Fact]
    public void Shares_come_one_after_the_other_and_all_of_the_traffic_at_the_end() => Canary()
        .Live(1)
        .Underway(2, Stage.Survey)
        .ThenAsked<SurveyTraffic>(survey => survey.Live == "d1" && survey.Id == "shop/environments/production/deployments/2/survey")
        .Surveyed()
        .Then(2, DeploymentStatus.Shifting)
        .ThenAsked<MeasureTraffic>(measure =>
            measure is { Live: "d1", Share: 0.05, Sticky: true } && measure.Id == "shop/environments/production/deployments/2/canary-1")
        .Measured(Good, times: 20, until: 0.25)
        .ThenAsked<MeasureTraffic>(measure => measure.Share == 0.25)
        .Measured(Good, times: 20, until: 0.5)
        .ThenLive(1)
        .Measured(Good, times: 20, until: null)
        .ThenAsked<ShiftTraffic>()
        .Answered(Outcome.Succeeded)
        .ThenLive(2);

    [Fact]
    public void Step_takes_its_least_time_however_good_it_looks()
    {
        var story = Canary().Live(1).Underway(2, Stage.Canary);
        for (var bin = 1; bin < 6; bin++)
            story.Measured(Good).ThenAsked<MeasureTraffic>(measure => measure.Share == 0.05);
        story.Measured(Good).ThenAsked<MeasureTraffic>(measure => measure.Share == 0.25);
    }

    [Fact]
    public void Version_that_is_shown_to_be_worse_is_taken_back_and_not_tried_again() => Canary()
        .Live(1)
        .Underway(2, Stage.Canary)
        .Measured(Bad, times: 3, until: null)
        .Then(2, DeploymentStatus.RollingBack, "error")
        .ThenAsked<WithdrawRelease>(withdraw => withdraw.BackTo == "d1")
        .Answered(Outcome.Succeeded)
        .Then(2, DeploymentStatus.RolledBack)
        .ThenLive(1)
        .Offered(3, package: "package 2")
        .Then(3, DeploymentStatus.Refused, "rolled back in deployment 2");

    [Fact]
    public void Very_first_version_gets_all_of_the_traffic_at_once() => Canary()
        .Underway(1, Stage.Check)
        .Answered(Outcome.Succeeded)
        .ThenAsked<ShiftTraffic>();

    [Fact]
    public void Rollback_by_hand_is_no_canary() => Canary()
        .Live(1).Live(2)
        .RolledBack()
        .Answered(Outcome.Succeeded)
        .Answered(Outcome.Succeeded)
        .ThenAsked<ShiftTraffic>();

    [Fact]
    public void Rollback_during_a_canary_takes_its_share_away_at_once() => Canary()
        .Live(1)
        .Underway(2, Stage.Canary)
        .RolledBack()
        .ThenAsked<WithdrawRelease>(withdraw => withdraw.Plan.Release == "d2" && withdraw.BackTo == "d1");

    [Fact]
    public void Without_traffic_a_step_is_not_over_and_nobody_is_called_worse() => Canary()
        .Live(1)
        .Underway(2, Stage.Canary)
        .Measured(Silent, times: 30, until: null)
        .Then(2, DeploymentStatus.Shifting)
        .ThenAsked<MeasureTraffic>(measure => measure.Share == 0.05)
        .Measured(Good, times: 20, until: 0.25)
        .ThenAsked<MeasureTraffic>(measure => measure.Share == 0.25);

    [Fact]
    public void Longest_time_of_a_step_leaves_what_is_undecided_to_a_person() => Canary()
        .Live(1)
        .Underway(2, Stage.Canary)
        .AfterTime(TimeSpan.FromMinutes(30))
        .Then(2, DeploymentStatus.Paused, "longest time of a step")
        .ThenAsked<MeasureTraffic>(measure => measure.Share == 0.05)
        .When(new AdvanceDeployment(2, ToEnd: false, "ada"))
        .Then(2, DeploymentStatus.Shifting)
        .ThenAsked<MeasureTraffic>(measure => measure.Share == 0.25);

    [Fact]
    public void Longest_time_of_a_step_takes_back_where_the_pipeline_says_so() => Canary(rollout => rollout with { Undecided = UndecidedPolicy.RollBack })
        .Live(1)
        .Underway(2, Stage.Canary)
        .AfterTime(TimeSpan.FromMinutes(30))
        .Then(2, DeploymentStatus.RollingBack, "longest time of a step");

    [Fact]
    public void What_was_shown_to_be_no_worse_and_held_is_not_taken_back_when_its_time_is_over() => Canary(rollout => rollout with { Undecided = UndecidedPolicy.RollBack })
        .Live(1)
        .Underway(2, Stage.Canary)
        .Held()
        .Measured(Good, times: 20)
        .AfterTime(TimeSpan.FromMinutes(30))
        .Then(2, DeploymentStatus.Paused);

    [Fact]
    public void Step_that_a_person_begins_asks_for_a_measurement_of_its_own() => Canary()
        .Live(1)
        .Underway(2, Stage.Canary)
        .When(new AdvanceDeployment(2, ToEnd: false, "ada"))
        .ThenAsked<MeasureTraffic>(measure => measure.Share == 0.25 && measure.Id.EndsWith("/canary-2", StringComparison.Ordinal))
        .When(new StageAnswered("shop/environments/production/deployments/2/canary-1", Outcome.Succeeded, "") { Traffic = Bad })
        .ThenNothingHappened();

    [Fact]
    public void Nobody_waits_for_a_person_for_ever() => Canary()
        .Live(1)
        .Underway(2, Stage.Canary)
        .AfterTime(TimeSpan.FromMinutes(30) + TimeSpan.FromDays(7))
        .Then(2, DeploymentStatus.RollingBack, "Nobody let it go on for 7 days.");

    [Fact]
    public void Pause_of_the_pipeline_waits_for_a_person_and_is_watched_meanwhile()
    {
        var story = Canary(rollout => rollout with { Steps = [new(0.05, Pause: true), new(0.5, Pause: false)] })
            .Live(1)
            .Underway(2, Stage.Canary)
            .Measured(Good, times: 6, until: null)
            .Then(2, DeploymentStatus.Paused, "asks for a person after 5 %");
        story.Measured(Good, times: 3, until: null).Then(2, DeploymentStatus.Paused);
        story.Measured(Bad, times: 10, until: null).Then(2, DeploymentStatus.RollingBack);
    }

    [Fact]
    public void Hold_stops_the_next_step_and_never_the_way_back()
    {
        var story = Canary().Live(1).Underway(2, Stage.Canary).Held().Measured(Good, times: 20, until: null)
            .ThenAsked<MeasureTraffic>(measure => measure.Share == 0.05);
        story.Measured(Bad, times: 10, until: null).Then(2, DeploymentStatus.RollingBack);
    }

    [Fact]
    public void Person_may_skip_what_is_left() => Canary()
        .Live(1)
        .Underway(2, Stage.Canary)
        .When(new AdvanceDeployment(2, ToEnd: true, "ada"))
        .ThenAsked<ShiftTraffic>()
        .When(new AdvanceDeployment(2, ToEnd: true, "ada"))
        .ThenRefused("is not at a step of a canary");

    [Fact]
    public void Without_a_judge_a_step_is_over_after_its_least_time() => Canary(rollout => rollout with { Judge = JudgeKind.None })
        .Live(1)
        .Underway(2, Stage.Canary)
        .Measured(Bad, times: 5, until: null)
        .ThenAsked<MeasureTraffic>(measure => measure.Share == 0.05)
        .Measured(Silent)
        .ThenAsked<MeasureTraffic>(measure => measure.Share == 0.25);

    [Fact]
    public void Instance_that_crashes_takes_its_version_back() => Canary()
        .Live(1)
        .Underway(2, Stage.Canary)
        .Answered(Outcome.Failed, "web/0 ended with exit code 1 while it got requests.")
        .Then(2, DeploymentStatus.RollingBack, "web/0 ended");

    [Fact]
    public void Measurement_that_was_lost_says_nothing_and_is_made_again() => Canary()
        .Live(1)
        .Underway(2, Stage.Canary)
        .Answered(Outcome.Unknown, "The agent was restarted.")
        .Then(2, DeploymentStatus.Shifting)
        .ThenAsked<MeasureTraffic>(measure => measure.Id.EndsWith("/canary-2", StringComparison.Ordinal));

    [Fact]
    public void New_settings_go_through_the_canary_too() => Canary()
        .Live(1)
        .Variable("LOG", "debug")
        .Answered(Outcome.Succeeded)
        .Answered(Outcome.Succeeded)
        .ThenAsked<SurveyTraffic>();

    [Fact]
    public void Thousands_of_measurements_that_were_replayed_come_to_what_each_after_the_other_comes_to()
    {
        var begun = new CanaryState(0, 1, 0, null);
        var (bins, expected) = (20_000, begun.Evidence);
        var bin = new TrafficBin(0.05, new ArmCounts(50, 1, []), new ArmCounts(950, 10, []));
        var replayed = begun;
        for (var i = 0; i < bins; i++)
        {
            replayed = replayed.With(bin);
            expected = expected.Add(bin);
        }

        Assert.Equal(expected, replayed.Evidence);
        Assert.Equal(bins, replayed.Evidence.Bins);
        Assert.NotEqual(begun, replayed);
    }

    private static EnvironmentScenario Canary(Func<RolloutDefinition, RolloutDefinition>? change = null) =>
        Given.Environment("production").Defined(place => place with { Rollout = change?.Invoke(Sample.Rollout()) ?? Sample.Rollout() });

    /// <summary>Ten seconds of 10,000 requests a second: what is no worse is shown to be so within a minute.</summary>
    private static TrafficMeasure Measure(long candidateErrors, long baselineErrors) => new(
        0.05, new(5_000, candidateErrors, [2_500, 1_250, 500, 250, 50]), new(95_000, baselineErrors, [47_500, 23_750, 9_500, 4_750, 950]));
}
