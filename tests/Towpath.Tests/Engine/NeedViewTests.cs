using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;
using Towpath.Engine.Views;
using Towpath.Tests.Core;
using Towpath.Tests.Core.Environments;

namespace Towpath.Tests.Engine;

/// <summary>What waits for a person, and nothing else.</summary>
public sealed class NeedViewTests
{
    [Fact]
    public void Where_everything_goes_by_itself_nobody_is_needed()
    {
        var place = Given.Environment("production");
        Assert.Empty(Of(place));
        Assert.Empty(Of(place.Offered(1)));
        Assert.Empty(Of(place.Arrives().Offered(2)));
        // A freeze ends by itself.
        var frozen = Given.Environment("production");
        Assert.Empty(Of(frozen.When(new FreezeEnvironment("ada", "The sale.", frozen.Now, frozen.Now.AddHours(1))).Offered(1)));
        Assert.True(frozen.State.HasWaiting);
    }

    [Fact]
    public void Approval_is_asked_for_while_it_is_missing()
    {
        var place = Given.Environment("production").Live(1).Gated(new ApprovalGate(1, [], TimeSpan.FromDays(1))).Offered(2);
        var need = Assert.Single(Of(place));
        Assert.Equal(("approval", "Run 2 is to replace run 1. It waits for an approval.", 2), (need.Kind, need.Says, need.Deployment));
        Assert.Empty(Of(place.Approved(2, "ada")));
        Assert.Equal(
            "Run 1 is to become live. It waits for an approval.",
            Assert.Single(Of(Given.Environment("production").Gated(new ApprovalGate(1, [], TimeSpan.FromDays(1))).Offered(1))).Says);
    }

    [Fact]
    public void Hold_is_told_with_its_reason_until_it_is_lifted()
    {
        var place = Given.Environment("production").Live(1).Held();
        Assert.Equal([new NeedView("hold", "Held by ada: Wait.", null, place.Now)], Of(place));
        Assert.Empty(Of(place.When(new ResumeEnvironment("ada"))));
    }

    [Fact]
    public void Decision_is_told_once_although_the_environment_is_held_for_it()
    {
        var place = Given.Environment("production").Live(1).Underway(2, Stage.Shift)
            .Answered(Outcome.Failed, "The new instances do not answer.").Answered(Outcome.Failed, "d1 is not well either.");
        var need = Assert.Single(Of(place));
        Assert.Equal(
            ("decision", "Deployment 2 of run 2 needs a decision. It could not be taken back: d1 is not well either."), (need.Kind, need.Says));
        Assert.Equal(["decision", "hold"], Of(place.Held()).Select(one => one.Kind));
    }

    [Fact]
    public void Canary_that_waits_for_a_person_says_at_which_share()
    {
        var rollout = Sample.Rollout();
        var place = Given.Environment("production").Defined(definition => definition with
        {
            Rollout = rollout with { Steps = [rollout.Steps[0] with { Pause = true }, .. rollout.Steps.Skip(1)] },
        }).Live(1).Underway(2, Stage.Canary);
        var good = new TrafficMeasure(
            0.05, new(5_000, 5, [2_500, 1_250, 500, 250, 50]), new(95_000, 95, [47_500, 23_750, 9_500, 4_750, 950]));
        Assert.Empty(Of(place));
        for (var bin = 0; bin < 60 && place.State.Active!.Status != DeploymentStatus.Paused; bin++)
            place.Measured(good);
        var need = Assert.Single(Of(place));
        Assert.Equal("paused", need.Kind);
        Assert.StartsWith("Run 2 waits at 5", need.Says);
        Assert.Empty(Of(place.When(new AdvanceDeployment(2, ToEnd: false, "ada"))));
    }

    [Fact]
    public void Rollback_that_came_to_nothing_is_told_until_something_becomes_live()
    {
        var place = Given.Environment("production").Live(1).Live(2).RolledBack().Answered(Outcome.Failed, "d1 does not start.");
        while (place.State.Active is not null)
            place.Answered(Outcome.Succeeded);
        Assert.Equal(["failed-rollback", "hold"], Of(place).Select(one => one.Kind));
        Assert.Contains("d1 does not start.", Of(place)[0].Says);
        place.When(new Promote(2, "ada")).Arrives();
        Assert.DoesNotContain(Of(place), one => one.Kind == "failed-rollback");
    }

    private static IReadOnlyList<NeedView> Of(EnvironmentScenario place) => EnvironmentCard.Of(place.State, place.Now).Needs;
}
