using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Environments;

/// <summary>Who waits, who starts, and who never will.</summary>
public sealed class DeploymentQueueTests
{
    [Fact]
    public void Candidate_starts_at_once_where_nothing_is_under_way() => Given.Environment("production")
        .Offered(1)
        .Then(1, DeploymentStatus.Starting)
        .ThenAsked<StartRelease>(start => start.Plan is { Run: 1, Release: "d1" });

    [Fact]
    public void Second_candidate_waits_for_the_first() => Given.Environment("production")
        .Underway(1, Stage.Check)
        .Offered(2)
        .Then(2, DeploymentStatus.Waiting, "Deployment 1 is under way.")
        .Arrives()
        .ThenLive(2);

    [Fact]
    public void Offer_that_is_repeated_changes_nothing() => Given.Environment("production")
        .Underway(1, Stage.Shift)
        .Offered(1)
        .ThenNothingHappened()
        .Arrives()
        .Offered(1)
        .ThenNothingHappened();

    [Fact]
    public void Newer_candidate_supersedes_older_ones_that_wait()
    {
        var production = Given.Environment("production")
            .Underway(1, Stage.Start)
            .Offered(2)
            .Offered(3)
            .Then(1, DeploymentStatus.Starting)
            .Then(2, DeploymentStatus.Superseded, "Run 3 is newer.")
            .Then(3, DeploymentStatus.Waiting);
        Assert.Equal(production.DeploymentOf(3).Number, production.DeploymentOf(2).SupersededBy);
        production.Arrives().ThenLive(3);
    }

    [Fact]
    public void Commit_that_is_built_again_is_not_outdated_by_its_own_earlier_run() => Given.Environment("production")
        .Live(1)
        .Offered(2, order: 10)
        .Arrives()
        .ThenLive(2);

    [Fact]
    public void Commit_that_is_built_again_does_not_replace_a_newer_one() => Given.Environment("production")
        .Live(1)
        .Live(2)
        .Offered(3, order: 10)
        .Then(3, DeploymentStatus.Outdated, "Run 2 is live and newer.");

    [Fact]
    public void Commit_that_is_built_again_to_the_same_package_is_refused_where_that_was_rolled_back() => Given.Environment("production")
        .Live(1)
        .Live(2)
        .RolledBack()
        .Arrives()
        .When(new ResumeEnvironment("ada"))
        .Offered(3, package: "package 2", order: 20)
        .Then(3, DeploymentStatus.Refused, "The same package and settings were rolled back");

    [Fact]
    public void Candidate_that_comes_late_is_superseded_by_a_newer_one_that_waits() => Given.Environment("production")
        .Underway(1, Stage.Start)
        .Offered(3)
        .Offered(2)
        .Then(2, DeploymentStatus.Superseded, "Run 3 is newer.");

    [Fact]
    public void Newer_candidate_that_could_not_start_does_not_supersede_an_older_one_that_could() =>
        Given.Environment("production", after: ["staging", "load-test"])
            .Underway(1, Stage.Start)
            .Offered(2)
            .Passed(3, "staging")
            .Then(2, DeploymentStatus.Waiting)
            .Then(3, DeploymentStatus.Offered)
            .Arrives()
            .ThenLive(2);

    [Fact]
    public void It_does_as_soon_as_it_could_start() => Given.Environment("production", after: ["staging", "load-test"])
        .Underway(1, Stage.Start)
        .Offered(2)
        .Passed(3, "staging")
        .Passed(3, "load-test")
        .Then(2, DeploymentStatus.Superseded, "Run 3 is newer.");

    [Fact]
    public void Queue_of_every_candidate_deploys_them_in_the_order_of_their_commits() =>
        Given.Environment("production", queue: QueueMode.Every)
            .Underway(1, Stage.Start)
            .Offered(3)
            .Offered(2)
            .Answered(Outcome.Succeeded).Answered(Outcome.Succeeded).Answered(Outcome.Succeeded)
            .ThenLive(1)
            .Then(2, DeploymentStatus.Starting)
            .Then(3, DeploymentStatus.Waiting)
            .Arrives()
            .ThenLive(3);

    [Fact]
    public void Older_commit_never_replaces_a_newer_one_by_itself() => Given.Environment("production")
        .Live(5)
        .Offered(4)
        .Then(4, DeploymentStatus.Outdated, "Run 5 is live and newer.")
        .ThenLive(5);

    [Fact]
    public void Force_push_backwards_is_newer() => Given.Environment("production")
        .Live(5)
        .Offered(6, package: "package 1", order: 60)
        .Arrives()
        .ThenLive(6);

    [Fact]
    public void Candidate_waits_for_every_environment_before() => Given.Environment("production", after: ["staging", "load-test"])
        .Passed(1, "load-test")
        .Then(1, DeploymentStatus.Offered, "It is not live in 'staging' yet.")
        .ThenNothingIsUnderWay()
        .Passed(1, "staging")
        .Then(1, DeploymentStatus.Starting);

    [Fact]
    public void Candidate_that_was_rolled_back_before_is_refused_while_it_waits() =>
        Given.Environment("production", after: ["staging", "load-test"])
            .Passed(1, "staging")
            .Revoked(1, "staging")
            .Then(1, DeploymentStatus.Refused, "It was rolled back in 'staging'.");

    [Fact]
    public void Rollback_before_does_not_end_what_is_under_way() => Given.Environment("production", after: ["staging"])
        .Underway(1, Stage.Shift)
        .Revoked(1, "staging")
        .Then(1, DeploymentStatus.Shifting)
        .Arrives()
        .ThenLive(1);

    [Fact]
    public void Word_that_a_candidate_is_live_before_again_does_not_begin_anew_what_is_under_way() =>
        Given.Environment("production", after: ["staging"])
            .Underway(1, Stage.Shift)
            .Revoked(1, "staging")
            .Passed(1, "staging")
            .Then(1, DeploymentStatus.Shifting)
            .ThenAsked<ShiftTraffic>()
            .Arrives()
            .ThenLive(1);

    [Fact]
    public void Candidate_that_waits_too_long_is_refused() => Given.Environment("production", after: ["staging", "load-test"])
        .Passed(1, "staging")
        .AfterTime(EnvironmentMachine.WaitTimeout - TimeSpan.FromSeconds(1))
        .Then(1, DeploymentStatus.Offered)
        .AfterTime(TimeSpan.FromSeconds(1))
        .Then(1, DeploymentStatus.Refused, "It waited for 7 days. It is not live in 'load-test' yet.");

    [Fact]
    public void Same_app_layer_and_settings_keep_what_runs() => Given.Environment("production")
        .Live(1, app: "unchanged")
        .Offered(2, app: "unchanged")
        .ThenAsked<StartRelease>(start => start.Plan is { Run: 2, Release: "d1" })
        .Answered(Outcome.Succeeded)
        .ThenAsked<CheckRelease>(check => check.Verify)
        .Arrives()
        .ThenLive(2);

    [Fact]
    public void Other_settings_start_a_new_release_of_the_same_app_layer() => Given.Environment("production")
        .Live(1, app: "unchanged")
        .Held()
        .Variable("LOG", "debug")
        .Offered(2, app: "unchanged")
        .When(new ResumeEnvironment("ada"))
        .ThenAsked<StartRelease>(start => start.Plan is { Run: 2, Release: "d2" });

    [Fact]
    public void Something_to_run_before_starts_a_new_release_of_the_same_app_layer() => Given.Environment("production")
        .Defined(place => place with { Before = [Sample.Step("./migrate.sh")] })
        .Live(1, app: "unchanged")
        .Offered(2, app: "unchanged")
        .ThenAsked<StartRelease>(start => start.Plan.Release == "d2");

    [Fact]
    public void Another_definition_starts_a_new_release_of_the_same_app_layer() => Given.Environment("production")
        .Live(1, app: "unchanged")
        .Defined(place => place with { Env = place.Env.With("LOG", "debug") })
        .Offered(2, app: "unchanged")
        .ThenAsked<StartRelease>(start => start.Plan.Release == "d2");

    [Fact]
    public void What_is_live_is_told_to_the_environments_after() => Given.Environment("staging", later: ["production", "canary"])
        .Live(1)
        .ThenTold((1, true), (1, true))
        .When(new HandOverTaken("canary", [1], true))
        .ThenTold((1, true))
        .When(new HandOverTaken("canary", [1], true))
        .ThenNothingHappened();
}
