using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Environments;

/// <summary>Cancelling, targets that a command deploys to, and what only a person can decide.</summary>
public sealed class DecisionTests
{
    [Theory]
    [InlineData(Stage.Start)]
    [InlineData(Stage.Check)]
    [InlineData(Stage.Shift)]
    public void Deployment_is_canceled_in_every_stage_and_the_queue_moves_on(Stage stage) => Given.Environment("production")
        .Live(1)
        .Underway(2, stage)
        .Offered(3)
        .When(new CancelDeployment(2, "ada"))
        .Then(2, DeploymentStatus.RollingBack, "Canceled by ada.")
        .ThenAsked<WithdrawRelease>(withdraw => withdraw.BackTo == "d1")
        .When(new CancelDeployment(2, "ada"))
        .ThenRefused("is being taken back already")
        .Answered(Outcome.Succeeded)
        .Then(2, DeploymentStatus.Canceled)
        .ThenQuarantined()
        .Arrives()
        .ThenLive(3);

    [Fact]
    public void Deployment_that_waits_is_canceled_at_once() => Given.Environment("production", after: ["staging", "load-test"])
        .Passed(1, "staging")
        .When(new CancelDeployment(1, "ada"))
        .Then(1, DeploymentStatus.Canceled, "Canceled by ada.")
        .When(new CancelDeployment(1, "ada"))
        .ThenRefused("Deployment 1 is over.")
        .When(new CancelDeployment(2, "ada"))
        .ThenRefused("'production' has no deployment 2.");

    [Theory]
    [InlineData(Outcome.Failed)]
    [InlineData(Outcome.Errored)]
    [InlineData(Outcome.Unknown)]
    public void What_cannot_be_taken_back_is_for_a_person_to_decide(Outcome outcome) => Given.Environment("production")
        .Live(1)
        .Underway(2, Stage.Shift)
        .Answered(Outcome.Failed, "The new instances do not answer.")
        .Answered(outcome, "d1 is not well either.")
        .Then(2, DeploymentStatus.NeedsDecision, "It could not be taken back: d1 is not well either.")
        .ThenHeldBy(EnvironmentMachine.Automation)
        .AfterTime(TimeSpan.FromDays(30))
        .Then(2, DeploymentStatus.NeedsDecision);

    [Fact]
    public void What_is_not_taken_back_in_time_is_for_a_person_to_decide() => Given.Environment("production")
        .Live(1)
        .Underway(2, Stage.Shift)
        .Answered(Outcome.Failed, "The new instances do not answer.")
        .AfterTime(DeploymentPlan.WithdrawTimeout)
        .Then(2, DeploymentStatus.NeedsDecision, "The agent did not finish 'withdraw' in time.");

    [Fact]
    public void Person_accepts_and_it_is_live()
    {
        var accepted = Undecided()
            .When(new AcceptDeployment(2, "ada"))
            .Then(2, DeploymentStatus.Live)
            .ThenLive(2)
            .ThenNothingIsUnderWay();
        Assert.Equal([null, "ada"], accepted.Story.Select(recorded => recorded.Event).OfType<WentLive>().Select(live => live.AcceptedBy));
    }

    [Fact]
    public void Person_cancels_and_it_is_taken_back_by_a_command_of_its_own() => Undecided()
        .When(new CancelDeployment(2, "ada"))
        .ThenAsked<WithdrawRelease>(withdraw => withdraw.Id == "shop/environments/production/deployments/2/withdraw-2")
        .Answered(Outcome.Succeeded)
        .Then(2, DeploymentStatus.Canceled)
        .ThenLive(1);

    [Fact]
    public void Person_rolls_back_and_what_is_live_is_made_sure_of() => Undecided()
        .RolledBack()
        .Arrives()
        .Then(2, DeploymentStatus.RolledBack)
        .ThenLive(1)
        .ThenOffered(1, DeploymentKind.Rollback, undoes: 2);

    [Fact]
    public void Only_what_needs_a_decision_is_accepted() => Given.Environment("production")
        .Underway(1, Stage.Check)
        .When(new AcceptDeployment(1, "ada"))
        .ThenRefused("Deployment 1 of 'production' does not wait for a decision.");

    [Fact]
    public void Command_that_says_no_is_undone_by_deploying_the_version_before() =>
        Given.Environment("npm", target: Sample.Command(UndoMode.Redeploy))
            .Live(1)
            .Underway(2, Stage.Verify)
            .Answered(Outcome.Failed, "verify said no.")
            .ThenAsked<UndoTarget>(undo => undo is { Plan.Run: 2, Previous.Run: 1 })
            .Answered(Outcome.Succeeded)
            .Then(2, DeploymentStatus.RolledBack)
            .ThenLive(1);

    [Fact]
    public void Command_that_says_no_is_undone_by_its_own_command() => Given.Environment("npm", target: Sample.Command(UndoMode.Command))
        .Underway(1, Stage.Deploy)
        .Answered(Outcome.Failed, "exit code 1.")
        .ThenAsked<UndoTarget>(undo => undo.Previous is null)
        .Answered(Outcome.Succeeded)
        .Then(1, DeploymentStatus.RolledBack)
        .ThenNothingIsLive();

    [Fact]
    public void Command_that_says_no_and_cannot_be_undone_failed() => Given.Environment("npm", target: Sample.Command(UndoMode.None))
        .Live(1)
        .Underway(2, Stage.Deploy)
        .Answered(Outcome.Failed, "The registry refuses the version.")
        .Then(2, DeploymentStatus.Failed, "The registry refuses the version.")
        .ThenLive(1)
        .ThenQuarantined();

    [Fact]
    public void Verification_that_says_no_of_what_cannot_be_undone_is_for_a_person_to_decide() =>
        Given.Environment("npm", target: Sample.Command(UndoMode.None))
            .Live(1)
            .Underway(2, Stage.Verify)
            .Answered(Outcome.Failed, "verify said no.")
            .Then(2, DeploymentStatus.NeedsDecision, "verify said no. It cannot be undone (undo: none).")
            .When(new CancelDeployment(2, "ada"))
            .Then(2, DeploymentStatus.Canceled)
            .ThenLive(1);

    [Fact]
    public void Command_whose_fate_is_unknown_is_for_a_person_to_decide() =>
        Given.Environment("npm", target: Sample.Command(UndoMode.Redeploy, repeatable: false))
            .Underway(1, Stage.Deploy)
            .Answered(Outcome.Unknown, "The agent ended while it ran.")
            .Then(1, DeploymentStatus.NeedsDecision, "The agent ended while it ran.")
            .When(new AcceptDeployment(1, "ada"))
            .ThenLive(1);

    [Theory]
    [InlineData(UndoMode.None, true)]
    [InlineData(UndoMode.None, false)]
    [InlineData(UndoMode.Redeploy, false)]
    public void Agent_that_is_silent_about_what_must_not_be_repeated_leaves_it_to_a_person(UndoMode undo, bool repeatable) =>
        Given.Environment("npm", target: Sample.Command(undo, repeatable))
            .Underway(1, Stage.Deploy)
            .AfterTime(TimeSpan.FromMinutes(30))
            .Then(1, DeploymentStatus.NeedsDecision, "Nobody knows whether it was deployed.")
            .ThenHeldBy(EnvironmentMachine.Automation);

    [Fact]
    public void Agent_that_is_silent_about_what_can_be_repeated_has_it_undone() =>
        Given.Environment("npm", target: Sample.Command(UndoMode.Redeploy))
            .Live(1)
            .Underway(2, Stage.Deploy)
            .AfterTime(TimeSpan.FromMinutes(30))
            .ThenAsked<UndoTarget>()
            .Answered(Outcome.Succeeded)
            .Then(2, DeploymentStatus.Errored);

    [Fact]
    public void Rollback_of_what_cannot_be_undone_is_refused_with_the_reason() =>
        Given.Environment("npm", target: Sample.Command(UndoMode.None))
            .Live(1).Live(2)
            .RolledBack()
            .ThenRefused("cannot be undone (undo: none)")
            .Underway(3, Stage.Deploy)
            .RolledBack()
            .ThenRefused("What deployment 3 does to 'npm' cannot be undone (undo: none)")
            .When(new CancelDeployment(3, "ada"))
            .Then(3, DeploymentStatus.Canceled);

    /// <summary>Found by the simulator: a rollback by hand started the deploy command of the version before for the second time.</summary>
    [Fact]
    public void Rollback_never_starts_again_what_must_not_be_repeated() =>
        Given.Environment("npm", target: Sample.Command(UndoMode.Redeploy, repeatable: false))
            .Live(1).Live(2)
            .RolledBack()
            .ThenRefused("Run 1 was deployed to 'npm' and must not be again (repeatable: false)")
            .Underway(3, Stage.Verify)
            .RolledBack()
            .ThenRefused("cannot be undone (run 2 must not be deployed again, repeatable: false)");

    [Fact]
    public void Rollback_of_a_command_target_deploys_the_version_before() =>
        Given.Environment("npm", target: Sample.Command(UndoMode.Redeploy))
            .Live(1).Live(2)
            .RolledBack()
            .ThenAsked<DeployTarget>(deploy => deploy.Plan.Run == 1)
            .Arrives()
            .ThenLive(1);

    [Fact]
    public void Stop_that_fails_is_for_a_person_to_decide_and_cannot_count_as_live() => Given.Environment("production")
        .Live(1)
        .When(new StopEnvironment("ada"))
        .Answered(Outcome.Errored, "The agent lost its disk.")
        .Then(1, DeploymentStatus.NeedsDecision)
        .When(new AcceptDeployment(2, "ada"))
        .ThenRefused("does not wait for a decision")
        .When(new CancelDeployment(2, "ada"))
        .Arrives()
        .Then(1, DeploymentStatus.Canceled)
        .ThenLive(1);

    private static EnvironmentScenario Undecided() => Given.Environment("production")
        .Live(1)
        .Underway(2, Stage.Shift)
        .Answered(Outcome.Failed, "The new instances do not answer.")
        .Answered(Outcome.Failed, "d1 is not well either.")
        .Then(2, DeploymentStatus.NeedsDecision);
}
