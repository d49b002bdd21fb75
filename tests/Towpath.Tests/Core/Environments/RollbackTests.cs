using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Environments;

/// <summary>Going back, by a person.</summary>
public sealed class RollbackTests
{
    [Fact]
    public void Rollback_goes_to_the_version_before_and_holds() => Given.Environment("production")
        .Live(1).Live(2)
        .RolledBack(by: "ada")
        .ThenHeldBy("ada")
        .ThenQuarantined(2)
        .ThenOffered(1, DeploymentKind.Rollback, undoes: 2)
        .ThenAsked<StartRelease>(start => start.Plan is { Run: 1, Release: "d1" })
        .Answered(Outcome.Succeeded)
        .ThenAsked<CheckRelease>(check => !check.Verify)
        .ThenLive(2)
        .Answered(Outcome.Succeeded)
        .ThenAsked<ShiftTraffic>(shift => shift.Undone.SequenceEqual(["d2"]))
        .Arrives()
        .ThenLive(1);

    [Fact]
    public void Second_rollback_goes_further_back() => Given.Environment("production")
        .Live(1).Live(2).Live(3)
        .RolledBack().Arrives().ThenLive(2)
        .RolledBack().Arrives().ThenLive(1)
        .RolledBack().ThenRefused("no earlier version to go back to");

    [Fact]
    public void Rollback_skips_versions_that_were_rolled_back_before() => Given.Environment("production")
        .Live(1).Live(2)
        .Live(3, package: "package 1")
        .RolledBack().Arrives().ThenLive(2)
        .ThenQuarantined(1)
        .RolledBack().ThenRefused("no earlier version to go back to");

    [Fact]
    public void Rollback_ends_promotions_that_wait_for_the_deployment_under_way_so_that_they_do_not_come_before_it() => Given.Environment("production")
        .Live(1).Live(2)
        .Underway(3, Stage.Check)
        .Offered(4)
        .When(new Promote(4, "eve"))
        .RolledBack(by: "ada")
        .Then(4, DeploymentStatus.Canceled, "ada went back")
        .Answered(Outcome.Succeeded)
        .ThenAsked<StartRelease>(start => start.Plan.Run == 2)
        .Arrives().ThenLive(2).ThenNothingIsUnderWay();

    [Fact]
    public void Rollback_to_a_run_goes_behind_all_that_came_after_it_and_none_of_these_comes_again_by_itself() => Given.Environment("production")
        .Live(1).Live(2).Live(3).Live(4)
        .RolledBack(to: 2)
        .ThenHeldBy("ada")
        .ThenQuarantined(4, 3)
        .ThenOffered(2, DeploymentKind.Rollback, undoes: 4)
        .Arrives().ThenLive(2)
        .RolledBack().Arrives().ThenLive(1)
        .RolledBack().ThenRefused("no earlier version to go back to");

    [Fact]
    public void Rollback_to_a_run_leaves_what_stays_behind_it_as_it_was() => Given.Environment("production")
        .Live(1).Live(2)
        .Live(3, package: "package 1").Live(4)
        .RolledBack(to: 1)
        .ThenQuarantined(4)
        .Arrives().ThenLive(1)
        .RolledBack().Arrives().ThenLive(2);

    [Fact]
    public void Rollback_to_a_run_says_why_there_is_no_way_back_to_it() => Given.Environment("production")
        .Live(1).Live(2).Live(3).Live(4).Live(5, package: "package 2")
        .RolledBack(to: 5).ThenRefused("Run 5 is what is live")
        .RolledBack(to: 2).ThenRefused("is the same as what is live")
        .RolledBack(to: 9).ThenRefused("Run 9 is no version that 'production' can go back to; these are: run 1, 3, 4.")
        .Underway(6, Stage.Check)
        .RolledBack(to: 3).ThenRefused("Deployment 6 is under way: 'towpath rollback production' ends it; then it can go back to run 3.")
        .RolledBack(to: 5).Then(6, DeploymentStatus.RollingBack);

    [Fact]
    public void Rollback_skips_what_is_the_same_as_what_is_live() => Given.Environment("production")
        .Live(1).Live(2)
        .Live(3, package: "package 2")
        .RolledBack().Arrives().ThenLive(1);

    [Fact]
    public void Rollback_while_a_deployment_runs_ends_it_and_makes_sure_of_what_is_live() => Given.Environment("production")
        .Live(1).Live(2)
        .Underway(3, Stage.Check)
        .RolledBack(by: "ada")
        .Then(3, DeploymentStatus.RollingBack)
        .ThenOffered(2, DeploymentKind.Rollback, undoes: 3)
        .Then(2, DeploymentStatus.Waiting, "Deployment 3 is under way.")
        .Answered(Outcome.Succeeded)
        .Then(3, DeploymentStatus.Canceled, "Rolled back by ada: It looks wrong.")
        .Then(2, DeploymentStatus.Starting)
        .Arrives()
        .ThenLive(2)
        .ThenQuarantined()
        .ThenHeldBy("ada");

    [Fact]
    public void Deployment_whose_traffic_has_moved_is_quarantined_by_that() => Given.Environment("production")
        .Live(1)
        .Underway(2, Stage.Shift)
        .RolledBack()
        .Arrives()
        .Then(2, DeploymentStatus.RolledBack)
        .ThenLive(1)
        .ThenQuarantined(2);

    [Fact]
    public void Asking_twice_is_asking_once() => Given.Environment("production")
        .Live(1)
        .Underway(2, Stage.Shift)
        .RolledBack()
        .RolledBack()
        .ThenNothingHappened();

    [Fact]
    public void Rollback_that_is_under_way_is_not_turned_round_by_asking_again() => Given.Environment("production")
        .Live(1).Live(2)
        .RolledBack()
        .RolledBack()
        .ThenRefused("Deployment 3 is going back to run 1 already.")
        .Arrives()
        .ThenLive(1);

    [Fact]
    public void Rollback_of_the_first_deployment_under_way_only_ends_it() => Given.Environment("production")
        .Underway(1, Stage.Shift)
        .RolledBack()
        .ThenAsked<WithdrawRelease>(withdraw => withdraw.BackTo is null)
        .Arrives()
        .Then(1, DeploymentStatus.RolledBack)
        .ThenNothingIsLive();

    [Fact]
    public void Rollback_with_nothing_to_go_back_to_offers_to_stop() => Given.Environment("production")
        .Live(1)
        .RolledBack()
        .ThenRefused("'towpath envs stop production'")
        .ThenHeldBy(null);

    [Fact]
    public void Rollback_where_nothing_ever_was_is_refused() => Given.Environment("production")
        .RolledBack()
        .ThenRefused("Nothing was ever live in 'production'.");

    [Fact]
    public void Rollback_is_stopped_by_no_hold() => Given.Environment("production")
        .Live(1).Live(2)
        .Held(by: "grace")
        .RolledBack(by: "ada")
        .Arrives()
        .ThenLive(1)
        .ThenHeldBy("ada");

    [Fact]
    public void What_was_rolled_back_does_not_come_again_and_what_is_newer_does_once_the_hold_is_lifted() => Given.Environment("production")
        .Live(1).Live(2)
        .RolledBack().Arrives()
        .Offered(3, package: "package 2")
        .Then(3, DeploymentStatus.Refused)
        .Offered(4)
        .Then(4, DeploymentStatus.Waiting, "Held by ada: It looks wrong.")
        .When(new ResumeEnvironment("ada"))
        .Arrives()
        .ThenLive(4);

    [Fact]
    public void Target_that_is_not_healthy_any_more_gets_no_traffic() => Given.Environment("production")
        .Live(1).Live(2)
        .RolledBack()
        .Answered(Outcome.Succeeded)
        .Answered(Outcome.Failed, "web/0 answers 500.")
        .ThenAsked<WithdrawRelease>(withdraw => withdraw.BackTo == "d2")
        .Arrives()
        .Then(1, DeploymentStatus.Failed)
        .ThenLive(2);

    [Fact]
    public void Variables_go_back_with_the_package() => Given.Environment("production")
        .Variable("GREETING", "hello")
        .Live(1)
        .Variable("GREETING", "bonjour").Arrives()
        .Live(2)
        .RolledBack()
        .ThenAsked<StartRelease>(start => start.Plan is { Run: 1 } && start.Plan.Variables["GREETING"] == "bonjour")
        .Arrives()
        .RolledBack()
        .ThenAsked<StartRelease>(start => start.Plan is { Run: 1 } && start.Plan.Variables["GREETING"] == "hello")
        .Arrives()
        .When(new ResumeEnvironment("ada"))
        .ThenNothingIsUnderWay();

    [Fact]
    public void Secrets_stay_current_and_the_old_release_is_started_anew_with_them() => Given.Environment("production")
        .Secret("DATABASE_URL")
        .Live(1).Live(2)
        .Secret("DATABASE_URL").Arrives()
        .Live(3)
        .RolledBack().Arrives()
        .RolledBack()
        .ThenAsked<StartRelease>(start => start.Plan is { Run: 2, Release: not "d2" });

    [Fact]
    public void Environments_after_are_told_that_the_candidate_was_taken_back() => Given.Environment("staging", later: "production")
        .Live(1).Live(2)
        .When(new HandOverTaken("production", [1], true))
        .When(new HandOverTaken("production", [2], true))
        .RolledBack().Arrives()
        .ThenTold((2, false));

    [Fact]
    public void Going_back_to_other_settings_takes_no_candidate_back_from_those_after() => Given.Environment("staging", later: "production")
        .Live(1)
        .When(new HandOverTaken("production", [1], true))
        .Variable("LOG", "debug").Arrives()
        .When(new HandOverTaken("production", [1], true))
        .RolledBack().Arrives()
        .ThenLive(1)
        .ThenTold();

    [Fact]
    public void What_is_live_again_is_the_last_word_to_those_after() => Given.Environment("staging", later: "production")
        .Live(1).Live(2)
        .RolledBack().Arrives()
        .When(new Promote(2, "ada")).Arrives()
        .ThenTold((1, true), (2, true));

    /// <summary>Found by the simulator: all that had ever been live was taken back, here and in the environments after.</summary>
    [Fact]
    public void Going_back_to_what_was_taken_back_meanwhile_undoes_nothing() => Given.Environment("staging", later: "production")
        .Live(1).Live(2)
        .RolledBack().Answered(Outcome.Failed, "It no longer starts.")
        .RolledBack().Answered(Outcome.Failed, "It cannot be stopped.")
        .When(new AcceptDeployment(3, "ada"))
        .ThenAsked<StartRelease>(start => start.Plan.Run == 2)
        .Arrives()
        .ThenLive(2)
        .ThenTold((1, true), (2, true));

    [Fact]
    public void Stop_ends_what_runs_and_holds() => Given.Environment("production")
        .Live(1)
        .When(new StopEnvironment("ada"))
        .ThenHeldBy("ada")
        .ThenAsked<WithdrawRelease>(withdraw => withdraw is { Plan.Release: "d1", BackTo: null })
        .Arrives()
        .ThenNothingIsLive()
        .When(new StopEnvironment("ada"))
        .ThenRefused("Nothing is live in 'production'.");

    [Fact]
    public void Stop_waits_for_no_deployment() => Given.Environment("production")
        .Live(1)
        .Underway(2, Stage.Start)
        .When(new StopEnvironment("ada"))
        .ThenRefused("Deployment 2 is under way");

    [Fact]
    public void Rollback_of_a_stopped_environment_brings_back_what_was_stopped() => Given.Environment("production")
        .Live(1).Live(2)
        .When(new StopEnvironment("ada")).Arrives()
        .RolledBack().Arrives()
        .ThenLive(2);

    [Fact]
    public void Rollback_during_a_stop_brings_it_back_afterwards() => Given.Environment("production")
        .Live(1)
        .When(new StopEnvironment("ada"))
        .RolledBack()
        .Then(1, DeploymentStatus.Waiting)
        .Arrives()
        .ThenLive(1);

    [Fact]
    public void What_a_command_deployed_cannot_be_stopped() => Given.Environment("npm", target: Sample.Command(UndoMode.Redeploy))
        .Live(1)
        .When(new StopEnvironment("ada"))
        .ThenRefused("is deployed to by a command");
}
