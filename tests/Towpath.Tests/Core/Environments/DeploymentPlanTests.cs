using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Environments;

/// <summary>The order of a deployment, and how it ends when a stage does not succeed.</summary>
public sealed class DeploymentPlanTests
{
    [Fact]
    public void Apps_are_started_then_checked_then_get_the_traffic() => Given.Environment("production")
        .Offered(1)
        .Then(1, DeploymentStatus.Starting)
        .ThenAsked<StartRelease>(command => command.Id == "shop/environments/production/deployments/1/start")
        .Answered(Outcome.Succeeded)
        .Then(1, DeploymentStatus.Checking)
        .ThenAsked<CheckRelease>(command => command.Id == "shop/environments/production/deployments/1/check" && command.Verify)
        .Answered(Outcome.Succeeded)
        .Then(1, DeploymentStatus.Shifting)
        .ThenAsked<ShiftTraffic>(command => command.Id == "shop/environments/production/deployments/1/shift")
        .ThenNothingIsLive()
        .Answered(Outcome.Succeeded)
        .Then(1, DeploymentStatus.Live)
        .ThenLive(1)
        .ThenNothingIsUnderWay();

    [Fact]
    public void Command_target_is_deployed_and_then_verified() => Given.Environment("npm", target: Sample.Command(UndoMode.Redeploy))
        .Offered(1)
        .ThenAsked<DeployTarget>()
        .Answered(Outcome.Succeeded)
        .Then(1, DeploymentStatus.Checking)
        .ThenAsked<VerifyTarget>()
        .Answered(Outcome.Succeeded)
        .ThenLive(1);

    [Theory]
    [InlineData("shop/environments/production/deployments/1/start")]
    [InlineData("shop/environments/production/deployments/2/check")]
    [InlineData("shop/environments/staging/deployments/1/check")]
    [InlineData("")]
    public void Answer_to_anything_else_than_the_command_in_flight_changes_nothing(string commandId) => Given.Environment("production")
        .Underway(1, Stage.Check)
        .When(new StageAnswered(commandId, Outcome.Failed, "late"))
        .ThenNothingHappened()
        .Arrives()
        .When(new StageAnswered("shop/environments/production/deployments/1/check", Outcome.Failed, "later"))
        .ThenNothingHappened()
        .ThenLive(1);

    [Theory]
    [InlineData(Stage.Start)]
    [InlineData(Stage.Check)]
    public void First_deployment_that_fails_leaves_nothing_live(Stage stage) => Given.Environment("production")
        .Underway(1, stage)
        .Answered(Outcome.Failed, "web/0 answers 500.")
        .Then(1, DeploymentStatus.RollingBack)
        .ThenAsked<WithdrawRelease>(withdraw => withdraw.BackTo is null)
        .Answered(Outcome.Succeeded)
        .Then(1, DeploymentStatus.Failed, "web/0 answers 500.")
        .ThenNothingIsLive()
        .ThenQuarantined()
        .ThenHeldBy(null);

    [Fact]
    public void Version_that_says_no_before_any_traffic_failed_and_what_was_live_stays() => Given.Environment("production")
        .Live(1)
        .Underway(2, Stage.Check)
        .Answered(Outcome.Failed, "verify said no.")
        .ThenAsked<WithdrawRelease>(withdraw => withdraw is { Plan.Run: 2, BackTo: "d1" })
        .Answered(Outcome.Succeeded)
        .Then(2, DeploymentStatus.Failed, "verify said no.")
        .ThenLive(1)
        .ThenQuarantined();

    [Fact]
    public void Version_that_says_no_after_traffic_moved_is_rolled_back_and_quarantined_and_nothing_is_held() =>
        Given.Environment("production")
            .Live(1)
            .Underway(2, Stage.Shift)
            .Answered(Outcome.Failed, "The new instances do not answer.")
            .Answered(Outcome.Succeeded)
            .Then(2, DeploymentStatus.RolledBack)
            .ThenLive(1)
            .ThenQuarantined(2)
            .ThenHeldBy(null);

    [Fact]
    public void Same_package_is_not_deployed_again_by_automation_after_that() => Given.Environment("production")
        .Live(1)
        .Underway(2, Stage.Shift)
        .Answered(Outcome.Failed, "The new instances do not answer.")
        .Arrives()
        .Offered(3, package: "package 2")
        .Then(3, DeploymentStatus.Refused, "The same package and settings were rolled back in deployment 2.")
        .Offered(4)
        .Arrives()
        .ThenLive(4);

    [Fact]
    public void Same_package_with_other_settings_is_a_new_try() => Given.Environment("production")
        .Live(1)
        .Underway(2, Stage.Shift)
        .Answered(Outcome.Failed, "A variable is missing.")
        .Arrives()
        .Variable("MISSING", "no more")
        .Arrives()
        .Offered(3, package: "package 2")
        .Arrives()
        .ThenLive(3);

    [Theory]
    [InlineData(Stage.Start)]
    [InlineData(Stage.Check)]
    [InlineData(Stage.Shift)]
    public void Machinery_that_breaks_quarantines_nothing(Stage stage) => Given.Environment("production")
        .Live(1)
        .Underway(2, stage)
        .Answered(Outcome.Errored, "The disk is full.")
        .Answered(Outcome.Succeeded)
        .Then(2, DeploymentStatus.Errored, "The disk is full.")
        .ThenQuarantined()
        .Offered(3, package: "package 2")
        .Arrives()
        .ThenLive(3);

    [Theory]
    [InlineData(Stage.Start)]
    [InlineData(Stage.Check)]
    [InlineData(Stage.Shift)]
    public void Stage_that_does_not_end_is_given_up(Stage stage) => Given.Environment("production")
        .Live(1)
        .Underway(2, stage)
        .AfterTime(TimeSpan.FromMinutes(30))
        .Then(2, DeploymentStatus.RollingBack, "The agent did not finish")
        .Answered(Outcome.Succeeded)
        .Then(2, DeploymentStatus.Errored)
        .ThenLive(1);

    [Fact]
    public void All_stages_share_the_time_of_the_deployment() => Given.Environment("production")
        .Offered(1)
        .AfterTime(TimeSpan.FromMinutes(29))
        .Answered(Outcome.Succeeded)
        .Then(1, DeploymentStatus.Checking)
        .AfterTime(TimeSpan.FromMinutes(1))
        .Then(1, DeploymentStatus.RollingBack, "The agent did not finish 'check' in time.");

    [Fact]
    public void Next_candidate_starts_when_the_one_before_was_taken_back() => Given.Environment("production")
        .Live(1)
        .Underway(2, Stage.Check)
        .Offered(3)
        .Answered(Outcome.Failed, "verify said no.")
        .Then(3, DeploymentStatus.Waiting)
        .Answered(Outcome.Succeeded)
        .Then(3, DeploymentStatus.Starting)
        .Arrives()
        .ThenLive(3);
}
