using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Environments;

/// <summary>Automation paused by a person, and what people do in spite of it.</summary>
public sealed class HoldTests
{
    [Fact]
    public void Hold_keeps_candidates_waiting_and_says_who_and_why() => Given.Environment("production")
        .Live(1)
        .Held(by: "ada")
        .Offered(2)
        .Then(2, DeploymentStatus.Waiting, "Held by ada: Wait.")
        .ThenNothingIsUnderWay();

    [Fact]
    public void Hold_lets_what_is_under_way_arrive() => Given.Environment("production")
        .Underway(1, Stage.Check)
        .Held()
        .Arrives()
        .ThenLive(1);

    /// <summary>The clock went back: the first time that it waited too long seems to lie under the second hold.</summary>
    [Fact]
    public void What_was_offered_afresh_and_rolled_back_before_since_is_not_offered_afresh_again() => Given.Environment("production", after: ["staging"])
        .Live(1)
        .Held()
        .Gated(new ApprovalGate(1, [], TimeSpan.FromDays(2)))
        .Offered(2)
        .AfterTime(TimeSpan.FromDays(2))
        .Then(2, DeploymentStatus.Refused, "Its gate 'approval'")
        .When(new ResumeEnvironment("ada"))
        .Then(2, DeploymentStatus.Waiting)
        .Unseen(TimeSpan.FromHours(-1))
        .Held()
        .Revoked(2, "staging")
        .Then(2, DeploymentStatus.Refused, "It was rolled back in 'staging'.")
        .When(new ResumeEnvironment("ada"))
        .Then(2, DeploymentStatus.Refused, "It was rolled back in 'staging'.");

    [Fact]
    public void Newest_that_waits_starts_when_the_hold_is_lifted() => Given.Environment("production")
        .Live(1)
        .Held()
        .Offered(2).Offered(3)
        .When(new ResumeEnvironment("ada"))
        .Then(2, DeploymentStatus.Superseded)
        .Then(3, DeploymentStatus.Starting);

    [Fact]
    public void What_waits_under_a_hold_keeps_its_deadline() => Given.Environment("production")
        .Live(1)
        .Held()
        .Offered(2)
        .AfterTime(EnvironmentMachine.WaitTimeout)
        .Then(2, DeploymentStatus.Refused, "It waited for 7 days.");

    [Fact]
    public void Newest_that_waited_too_long_under_a_hold_is_offered_afresh_when_it_is_lifted() => LateUnderHold(after: [])
        .When(new ResumeEnvironment("ada"))
        .Then(3, DeploymentStatus.Starting)
        .ThenAsked<StartRelease>(start => start.Plan is { Run: 3, Release: "d4" })
        .Arrives()
        .ThenLive(3);

    [Fact]
    public void What_is_offered_afresh_has_passed_where_it_had_passed_before_and_is_revoked_as_before()
    {
        LateUnderHold(after: ["staging", "load-test"])
            .When(new ResumeEnvironment("ada"))
            .Then(3, DeploymentStatus.Starting);
        LateUnderHold(after: ["staging", "load-test"])
            .Revoked(3, "staging")
            .When(new ResumeEnvironment("ada"))
            .Then(3, DeploymentStatus.Refused)
            .ThenNothingIsUnderWay();
    }

    [Fact]
    public void Holding_again_says_who_held_last_and_forgets_nothing_that_waited_too_long_before()
    {
        var production = LateUnderHold(after: []).AfterTime(TimeSpan.FromHours(1)).Held(by: "eve").ThenHeldBy("eve");
        Assert.Equal(EnvironmentMachine.WaitTimeout + TimeSpan.FromHours(1), production.State.Hold!.Since - production.State.Hold.Begun);
        production.When(new ResumeEnvironment("ada"))
            .Then(3, DeploymentStatus.Starting);
    }

    [Fact]
    public void Rollback_under_a_hold_forgets_nothing_that_waited_too_long_before() => Given.Environment("production")
        .Live(1).Live(2)
        .Held()
        .Offered(3)
        .AfterTime(EnvironmentMachine.WaitTimeout + TimeSpan.FromHours(1))
        .Then(3, DeploymentStatus.Refused)
        .RolledBack(by: "eve").Arrives()
        .ThenHeldBy("eve")
        .When(new ResumeEnvironment("ada"))
        .Then(3, DeploymentStatus.Starting);

    [Fact]
    public void Hold_after_one_that_was_lifted_begins_anew() => LateUnderHold(after: [])
        .Offered(4)
        .When(new ResumeEnvironment("ada"))
        .When(new CancelDeployment(5, "ada")).Arrives()
        .AfterTime(TimeSpan.FromHours(1))
        .Held()
        .When(new ResumeEnvironment("ada"))
        .ThenNothingIsUnderWay();

    [Fact]
    public void What_is_offered_afresh_is_known_and_is_not_offered_twice() => LateUnderHold(after: ["staging", "load-test"])
        .When(new ResumeEnvironment("ada"))
        .Offered(3)
        .ThenNothingHappened()
        .Arrives()
        .Held()
        .When(new ResumeEnvironment("ada"))
        .ThenLive(3)
        .ThenNothingIsUnderWay();

    [Fact]
    public void Something_newer_that_came_meanwhile_goes_instead() => LateUnderHold(after: [])
        .Offered(4)
        .When(new ResumeEnvironment("ada"))
        .Then(3, DeploymentStatus.Refused)
        .Then(4, DeploymentStatus.Starting);

    [Fact]
    public void What_was_refused_for_another_reason_is_not_offered_afresh() => Given.Environment("production", after: ["staging"])
        .Offered(1).Arrives()
        .Held()
        .Offered(2)
        .Revoked(2, "staging")
        .When(new ResumeEnvironment("ada"))
        .Then(2, DeploymentStatus.Refused, "It was rolled back in 'staging'.")
        .ThenNothingIsUnderWay();

    [Fact]
    public void Hold_that_is_not_there_cannot_be_lifted() => Given.Environment("production")
        .When(new ResumeEnvironment("ada"))
        .ThenRefused("'production' is not held.");

    /// <summary>Run 1 is live; run 2 was superseded by run 3, and that waited for seven days.</summary>
    private static EnvironmentScenario LateUnderHold(ValueList<string> after) => Given.Environment("production", after)
        .Offered(1).Arrives().ThenLive(1)
        .Held()
        .Offered(2).Offered(3)
        .AfterTime(EnvironmentMachine.WaitTimeout)
        .Then(2, DeploymentStatus.Superseded)
        .Then(3, DeploymentStatus.Refused);

    [Fact]
    public void Hold_does_not_expire() => Given.Environment("production")
        .Live(1)
        .Held()
        .AfterTime(TimeSpan.FromDays(365))
        .ThenHeldBy("ada");

    [Fact]
    public void Promotion_is_stopped_by_no_hold() => Given.Environment("production")
        .Live(1)
        .Held()
        .Offered(2)
        .When(new Promote(2, "ada"))
        .ThenOffered(2, DeploymentKind.Promote)
        .Arrives()
        .ThenLive(2);

    [Fact]
    public void Promotion_takes_the_place_of_the_offer_that_waits()
    {
        var production = Given.Environment("production").Live(1).Held().Offered(2).When(new Promote(2, "ada"));
        var offered = production.State.Deployments.Single(deployment => deployment is { Kind: DeploymentKind.Deploy, Candidate.Run: 2 });
        Assert.Equal((DeploymentStatus.Superseded, production.DeploymentOf(2).Number), (offered.Status, offered.SupersededBy));
    }

    [Fact]
    public void Promotion_of_an_older_run_goes_back_and_holds() => Given.Environment("production")
        .Live(1).Live(2)
        .When(new Promote(1, "ada"))
        .Arrives()
        .ThenLive(1)
        .ThenHeldBy("ada")
        .Offered(3)
        .Then(3, DeploymentStatus.Waiting, "Held by ada: Run 1 was promoted over a newer version.");

    [Fact]
    public void Promotion_of_a_newer_run_holds_nothing() => Given.Environment("production")
        .Live(1)
        .Underway(2, Stage.Check).When(new CancelDeployment(2, "ada")).Arrives()
        .When(new Promote(2, "ada")).Arrives()
        .ThenLive(2)
        .ThenHeldBy(null);

    [Fact]
    public void Rollback_after_a_promotion_back_returns_to_the_newer_version() => Given.Environment("production")
        .Live(1).Live(2)
        .When(new Promote(1, "ada")).Arrives()
        .RolledBack().Arrives()
        .ThenLive(2);

    [Fact]
    public void What_was_rolled_back_can_be_promoted_by_a_person() => Given.Environment("production")
        .Live(1).Live(2)
        .RolledBack().Arrives()
        .When(new Promote(2, "ada")).Arrives()
        .ThenLive(2);

    [Fact]
    public void Promotion_waits_for_the_deployment_under_way() => Given.Environment("production")
        .Live(1)
        .Underway(2, Stage.Check)
        .When(new Promote(1, "ada"))
        .Then(1, DeploymentStatus.Waiting, "Deployment 2 is under way.")
        .When(new Promote(1, "ada"))
        .ThenRefused("is bringing run 1 to 'production' already");

    [Fact]
    public void Run_that_was_never_offered_cannot_be_promoted() => Given.Environment("production")
        .Live(1)
        .When(new Promote(7, "ada"))
        .ThenRefused("Run 7 was never offered to 'production'.");

    [Fact]
    public void Run_has_to_be_live_before_to_be_promoted() => Given.Environment("production", after: ["staging", "load-test"])
        .Passed(1, "staging")
        .When(new Promote(1, "ada"))
        .ThenRefused("Run 1 has to be live in 'load-test' before it can go to 'production'.");

    [Fact]
    public void Run_that_passed_only_after_its_offer_was_over_can_be_promoted() =>
        Given.Environment("production", after: ["staging", "load-test"])
            .Passed(1, "staging")
            .Offered(2)
            .Then(1, DeploymentStatus.Superseded)
            .Arrives()
            .Passed(1, "load-test")
            .Then(1, DeploymentStatus.Superseded)
            .When(new Promote(1, "ada")).Arrives()
            .ThenLive(1);

    [Fact]
    public void Run_that_was_rolled_back_before_cannot_be_promoted_until_it_is_live_there_again() =>
        Given.Environment("production", after: ["staging"])
            .Live(1).Live(2)
            .Revoked(1, "staging")
            .When(new Promote(1, "ada"))
            .ThenRefused("Run 1 has to be live in 'staging'")
            .Passed(1, "staging")
            .When(new Promote(1, "ada")).Arrives()
            .ThenLive(1);
}
