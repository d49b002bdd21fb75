using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Environments;

/// <summary>Environments that a command deploys to: what is undone how, and what is never started twice.</summary>
public sealed class CommandTargetTests
{
    [Fact]
    public void Rollback_runs_the_undo_command_of_the_version_that_is_taken_back() => Npm(UndoMode.Command)
        .Live(1)
        .Live(2)
        .RolledBack()
        .ThenAsked<UndoTarget>(undo => undo is { Plan.Run: 2, Plan.Release: "d2", Previous.Run: 1 })
        .Then(1, DeploymentStatus.Shifting)
        .Answered(Outcome.Succeeded)
        .ThenAsked<VerifyTarget>(verify => verify.Plan.Run == 1)
        .Answered(Outcome.Succeeded)
        .ThenLive(1)
        .ThenOffered(1, DeploymentKind.Rollback, undoes: 2)
        .ThenQuarantined(2)
        .ThenHeldBy("ada");

    [Fact]
    public void Rollback_deploys_the_version_before_again_where_that_is_how_it_is_undone() => Npm(UndoMode.Redeploy)
        .Live(1)
        .Live(2)
        .RolledBack()
        .ThenAsked<DeployTarget>(deploy => deploy.Plan.Run == 1);

    [Theory]
    [InlineData(UndoMode.Command)]
    [InlineData(UndoMode.Redeploy)]
    public void Rollback_of_what_is_under_way_takes_it_back_and_only_makes_sure_of_what_is_live(UndoMode undo) => Npm(undo)
        .Live(1)
        .Underway(2, Stage.Deploy)
        .RolledBack()
        .ThenAsked<UndoTarget>(asked => asked is { Plan.Run: 2, Previous.Run: 1 })
        .Answered(Outcome.Succeeded)
        .ThenAsked<VerifyTarget>(verify => verify.Plan.Run == 1)
        .Answered(Outcome.Succeeded)
        .ThenLive(1)
        .ThenNothingIsUnderWay();

    [Theory]
    [InlineData(Outcome.Failed)]
    [InlineData(Outcome.Errored)]
    [InlineData(Outcome.Unknown)]
    public void Undo_command_that_did_not_succeed_is_for_a_person_to_decide(Outcome outcome)
    {
        var npm = Npm(UndoMode.Command).Live(1).Live(2).RolledBack().Answered(outcome, "exit code 1.");
        Assert.Equal((DeploymentStatus.NeedsDecision, 3), (npm.State.Active!.Status, npm.State.Active.Number));
        Assert.Contains("exit code 1.", npm.State.Active.Reason, StringComparison.Ordinal);
        npm.When(new CancelDeployment(3, "ada")).ThenNothingIsUnderWay().ThenLive(2);
    }

    [Fact]
    public void Undo_command_leads_back_by_one_version_and_to_none_that_was_taken_back_itself() => Npm(UndoMode.Command)
        .Live(1)
        .Live(2)
        .RolledBack()
        .Arrives()
        .When(new Promote(2, "ada"))
        .Arrives()
        .When(new ResumeEnvironment("ada"))
        .Live(3)
        .RolledBack()
        .ThenRefused("The undo command of run 3 leads back to run 2, which was rolled back here itself");

    [Fact]
    public void First_version_whose_command_said_no_failed() => Npm(UndoMode.Redeploy)
        .Underway(1, Stage.Deploy)
        .Answered(Outcome.Failed, "exit code 1.")
        .Then(1, DeploymentStatus.Failed, "exit code 1.")
        .ThenNothingIsUnderWay();

    [Fact]
    public void First_version_that_is_not_well_is_for_a_person_to_decide_and_canceling_ends_it() => Npm(UndoMode.Redeploy)
        .Underway(1, Stage.Verify)
        .Answered(Outcome.Failed, "verify said no.")
        .Then(1, DeploymentStatus.NeedsDecision, "verify said no. There is no version before it that could be deployed again.")
        .When(new CancelDeployment(1, "ada"))
        .Then(1, DeploymentStatus.Canceled)
        .ThenNothingIsUnderWay();

    [Fact]
    public void Only_version_of_a_command_is_not_stopped_to_go_back() => Npm(UndoMode.Command)
        .Live(1)
        .RolledBack()
        .ThenRefused("no earlier version to go back to; push a fix instead.");

    [Fact]
    public void Package_that_must_not_be_deployed_twice_is_refused_when_it_comes_again() => Npm(UndoMode.None, repeatable: false)
        .Live(1)
        .Offered(2, package: "package 1")
        .Then(2, DeploymentStatus.Refused, "Deployment 1 started the command for the same package, which is not done twice")
        .Live(3);

    [Theory]
    [InlineData(Outcome.Failed, DeploymentStatus.Failed)]
    [InlineData(Outcome.Errored, DeploymentStatus.Errored)]
    public void Command_that_must_not_be_repeated_is_not_started_again_by_itself_whatever_came_of_it(Outcome outcome, DeploymentStatus status) =>
        Npm(UndoMode.None, repeatable: false)
            .Underway(1, Stage.Deploy)
            .Answered(outcome, "exit code 1.")
            .Then(1, status)
            .Offered(2, package: "package 1")
            .Then(2, DeploymentStatus.Refused, "Deployment 1 started the command for the same package")
            .When(new Promote(1, "ada"))
            .ThenAsked<DeployTarget>();

    [Fact]
    public void Package_that_may_be_deployed_twice_is() => Npm(UndoMode.None)
        .Live(1)
        .Offered(2, package: "package 1")
        .Arrives()
        .ThenLive(2);

    [Fact]
    public void New_settings_do_not_start_again_what_must_not_be_repeated()
    {
        Npm(UndoMode.None, repeatable: false).Live(1).Variable("REGISTRY", "other").ThenNothingIsUnderWay();
        Npm(UndoMode.None).Live(1).Variable("REGISTRY", "other").ThenAsked<DeployTarget>();
    }

    [Theory]
    [InlineData(UndoMode.None, "It ends where it is, and nothing is undone: choose this when run 2 did not arrive. "
        + "'towpath promote --run 2 --environment npm' then starts it once more.")]
    [InlineData(UndoMode.Command, "Its undo command runs: choose this when run 2 may have arrived and shall not stay.")]
    public void What_can_be_chosen_is_said_when_nobody_knows_how_it_ended(UndoMode undo, string cancel)
    {
        var npm = Npm(undo, repeatable: false).Live(1).Underway(2, Stage.Deploy);
        Assert.Empty(Choices.Of(npm.State, npm.State.Active!));
        npm.Answered(Outcome.Unknown, "Its end was not seen.").Then(2, DeploymentStatus.NeedsDecision, "Its end was not seen.");
        Assert.Equal(
            [new Choice("accept", "Run 2 counts as live here: choose this when you have seen that it arrived."), new Choice("cancel", cancel)],
            Choices.Of(npm.State, npm.State.Active!));
    }

    private static EnvironmentScenario Npm(UndoMode undo, bool repeatable = true) =>
        Given.Environment("npm", target: Sample.Command(undo, repeatable));
}
