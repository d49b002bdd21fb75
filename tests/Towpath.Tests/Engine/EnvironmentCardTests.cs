using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;
using Towpath.Engine.Views;
using Towpath.Tests.Core;
using Towpath.Tests.Core.Environments;

namespace Towpath.Tests.Engine;

/// <summary>What lists say of an environment.</summary>
public sealed class EnvironmentCardTests
{
    [Fact]
    public void Its_state_is_the_most_telling_thing_about_it()
    {
        var place = Given.Environment("production");
        Assert.Equal(("empty", null), (Of(place).State, Of(place).Live));

        place.Offered(1);
        Assert.Equal(("starting", 1, "deploy"), (Of(place).State, Of(place).Coming!.Run, Of(place).Coming!.Kind));

        place.Live(2);
        Assert.Equal(("live", 2, null), (Of(place).State, Of(place).Live!.Run, Of(place).Coming));

        place.Held();
        Assert.Equal(("held", 2, "ada"), (Of(place).State, Of(place).Live!.Run, Of(place).Hold!.By));
    }

    [Fact]
    public void What_waits_says_for_which_gates_and_what_has_none_says_why()
    {
        var gated = Given.Environment("production").Gated(new ApprovalGate(1, [], TimeSpan.FromDays(1))).Offered(1);
        Assert.Equal([new WaitingView(1, "for: approval")], Of(gated).Waiting);

        var busy = Given.Environment("production", queue: QueueMode.Every).Offered(1);
        for (var run = 2; run < 8; run++)
            busy.Offered(run);
        Assert.Equal([2, 3, 4], Of(busy).Waiting.Select(waiting => waiting.Run));
        Assert.Equal("Deployment 1 is under way.", Of(busy).Waiting[0].Why);
    }

    [Fact]
    public void What_is_on_its_way_says_where_it_stands()
    {
        var place = Given.Environment("production").Defined(definition => definition with { Rollout = Sample.Rollout() })
            .Live(1).Underway(2, Stage.Check);
        var coming = Of(place).Coming!;
        Assert.Equal((2, "Change 2", "checking", null), (coming.Deployment, coming.Subject, coming.State, coming.Share));
        place.Answered(Outcome.Succeeded).Surveyed();
        Assert.Equal(("shifting", 0.05), (Of(place).Coming!.State, Of(place).Coming!.Share));
    }

    [Fact]
    public void Version_that_was_taken_back_is_told_until_another_is_live()
    {
        var place = Given.Environment("production").Live(1);
        Assert.Null(Of(place).Setback);
        place.Offered(2).Answered(Outcome.Succeeded).Answered(Outcome.Failed, "smoke.sh ended with 1.").Arrives();
        Assert.Equal((2, "failed", "smoke.sh ended with 1."), (Of(place).Setback!.Run, Of(place).Setback!.State, Of(place).Setback!.Reason));
        place.Live(3);
        Assert.Null(Of(place).Setback);
    }

    private static EnvironmentCard Of(EnvironmentScenario place) => EnvironmentCard.Of(place.State, place.Now);
}
