using Towpath.Core.Environments;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Environments;

/// <summary>Yes from people: who, how many, and to what exactly.</summary>
public sealed class ApprovalTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly ApprovalGate Anybody = new(1, [], Day);
    private static readonly ApprovalGate TwoOfThree = new(2, ["ann", "ben", "eve"], Day);

    [Fact]
    public void Nothing_starts_before_somebody_approves_it() => Given.Environment("production")
        .Gated(Anybody)
        .Offered(1)
        .Then(1, DeploymentStatus.Waiting, "It waits for an approval.")
        .ThenNothingIsUnderWay()
        .Approved(1, "ann")
        .Then(1, DeploymentStatus.Starting);

    [Fact]
    public void Two_people_are_two_different_people() => Given.Environment("production")
        .Gated(TwoOfThree)
        .Offered(1)
        .Then(1, DeploymentStatus.Waiting, "It waits for the approval of 2 people of ann, ben, eve.")
        .Approved(1, "ann")
        .Then(1, DeploymentStatus.Waiting, "It waits for the approval of 1 more person of ann, ben, eve; ann approved it.")
        .Approved(1, "ann")
        .ThenRefused("ann has approved deployment 1 already.")
        .Approved(1, "ben")
        .Then(1, DeploymentStatus.Starting);

    [Fact]
    public void Who_is_not_named_is_refused() => Given.Environment("production")
        .Gated(TwoOfThree)
        .Offered(1)
        .Approved(1, "mallory")
        .ThenRefused("Deployment 1 of 'production' waits for ann, ben, eve: an approval by mallory does not count.");

    [Fact]
    public void Approval_may_come_while_another_deployment_is_under_way_and_is_for_replacing_that_one() => Given.Environment("production")
        .Live(1)
        .Underway(2, Stage.Check)
        .Gated(Anybody)
        .Offered(3)
        .Approved(3, "ann")
        .ThenGate(3, "approval", isPassed: true, "Approved by ann.")
        .Arrives()
        .ThenLive(3);

    [Fact]
    public void Approval_for_replacing_what_never_arrived_does_not_count() => Given.Environment("production")
        .Live(1)
        .Underway(2, Stage.Check)
        .Gated(Anybody)
        .Offered(3)
        .Approved(3, "ann")
        .When(new CancelDeployment(2, "ben")).Arrives()
        .Then(3, DeploymentStatus.Waiting, "ann's approval does not count: it was for replacing run 2 (deployment 2).")
        .ThenNothingIsUnderWay()
        .Approved(3, "ann")
        .Then(3, DeploymentStatus.Starting);

    [Fact]
    public void New_live_version_voids_an_approval() => Given.Environment("production")
        .Live(1)
        .Held()
        .Gated(Anybody)
        .Offered(3)
        .Approved(3, "ann")
        .ThenGate(3, "approval", isPassed: true)
        .When(new Promote(1, "ben")).Arrives()
        .When(new ResumeEnvironment("ben"))
        .Then(3, DeploymentStatus.Waiting, "ann's approval does not count: it was for replacing run 1 (deployment 1).");

    [Fact]
    public void New_settings_void_an_approval() => Given.Environment("production")
        .Live(1)
        .Held()
        .Gated(Anybody)
        .Offered(2)
        .Approved(2, "ann")
        .Variable("LEVEL", "debug")
        .ThenGate(2, "approval", isPassed: false, "ann's approval does not count: it was for replacing run 1 (deployment 1), with revision 0 of the settings.");

    [Fact]
    public void What_is_approved_is_what_was_looked_at()
    {
        var production = Given.Environment("production").Live(1).Gated(Anybody).Offered(2);
        production.When(new ApproveDeployment(2, "ann", Replaces: 7, Settings: 0)).ThenRefused("is not what you looked at any more");
        production.When(new ApproveDeployment(2, "ann", Replaces: 1, Settings: 3)).ThenRefused("is not what you looked at any more");
        production.When(new ApproveDeployment(2, "ann", Replaces: 1, Settings: 0)).Then(2, DeploymentStatus.Starting);
    }

    [Fact]
    public void Approval_comes_once_the_environments_before_are_done() => Given.Environment("production", after: ["staging", "load-test"])
        .Gated(Anybody)
        .Passed(1, "staging")
        .Approved(1, "ann")
        .ThenRefused("It is not live in 'load-test' yet. Approve it once it is.")
        .Passed(1, "load-test")
        .Approved(1, "ann")
        .Then(1, DeploymentStatus.Starting);

    [Fact]
    public void What_waits_for_no_approval_is_not_approved()
    {
        Given.Environment("production").Held().Offered(1).Approved(1, "ann").ThenRefused("waits for no approval");
        Given.Environment("production").Gated(Anybody).Underway(1, Stage.Check, by: "ann").Approved(1, "ann").ThenRefused("is under way already");
        Given.Environment("production").Gated(Anybody).Offered(1).When(new CancelDeployment(1, "ben")).Approved(1, "ann").ThenRefused("is over");
        Given.Environment("production").When(new ApproveDeployment(7, "ann", null, null)).ThenRefused("'production' has no deployment 7.");
    }

    [Fact]
    public void To_promote_is_to_approve_and_what_others_said_stays_said() => Given.Environment("production")
        .Live(1)
        .Gated(TwoOfThree)
        .Offered(2)
        .Approved(2, "ann")
        .When(new Promote(2, "ben"))
        .ThenOffered(2, DeploymentKind.Promote)
        .Then(2, DeploymentStatus.Starting);

    [Fact]
    public void Promotion_by_somebody_who_may_not_approve_is_none() => Given.Environment("production")
        .Live(1)
        .Gated(new ApprovalGate(1, ["ann"], Day))
        .Offered(2)
        .When(new Promote(2, "mallory"))
        .Then(2, DeploymentStatus.Waiting, "It waits for an approval of ann.")
        .ThenNothingIsUnderWay();

    [Fact]
    public void Approval_counts_again_when_what_it_was_for_is_so_again() => Given.Environment("production")
        .Live(1)
        .Gated(TwoOfThree)
        .Offered(3)
        .Approved(3, "ann")
        .When(new Promote(1, "ben"))
        .ThenGate(3, "approval", isPassed: false, "ann's approval does not count")
        .When(new CancelDeployment(3, "ben")).Arrives()
        .ThenGate(3, "approval", isPassed: false, "ann approved it.");

    [Fact]
    public void Nobody_approves_in_time() => Given.Environment("production")
        .Gated(Anybody)
        .Offered(1)
        .AfterTime(Day)
        .Then(1, DeploymentStatus.Refused, "Its gate 'approval' had 1d, and they are over. It waits for an approval.");
}
