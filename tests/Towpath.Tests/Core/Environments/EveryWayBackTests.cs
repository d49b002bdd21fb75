using System.Diagnostics;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Environments;

/// <summary>What makes a deployment go back.</summary>
public enum Trigger
{
    /// <summary>An instance is not well.</summary>
    Health,

    /// <summary>An instance ends, and again.</summary>
    CrashLoop,

    /// <summary>What <c>verify</c> asks is answered with no.</summary>
    Verify,

    /// <summary>The judge.</summary>
    Verdict,
    Deadline,
    RollbackByHand,
    Cancel,
}

/// <summary>How far the deployment has come.</summary>
public enum Phase
{
    Starting,
    Checking,
    Surveying,
    AtAStep,
    Paused,
    Shifting,
    Live,
}

/// <summary>When the server is killed; it comes back with what its journal has.</summary>
public enum ServerDies
{
    Never,
    BeforeIt,
    AfterIt,
    BeforeAndAfter,
}

/// <summary>
/// Every trigger in every phase, with and without the server's death: one end, and the right one. Run 1 was live, run 2 is on its way
/// through a canary.
/// </summary>
public sealed class EveryWayBackTests
{
    private enum End
    {
        /// <summary>The trigger cannot come in this phase; words of that kind, early or late, change nothing.</summary>
        Arrives,

        /// <summary>It said no before it had traffic.</summary>
        Failed,

        /// <summary>It had traffic: not tried again by itself.</summary>
        RolledBack,

        /// <summary>Nobody knows whether it was its fault: it may be tried again.</summary>
        Errored,
        Canceled,

        /// <summary>A person went back before it had traffic.</summary>
        CanceledAndHeld,
        RolledBackAndHeld,

        /// <summary>A person went back from what was live.</summary>
        UndoneAndHeld,
    }

    private static readonly TrafficMeasure Bad = new(
        0.05, new(5_000, 500, [2_500, 1_250, 500, 250, 50]), new(95_000, 95, [47_500, 23_750, 9_500, 4_750, 950]));

    /// <summary>By phase, as they come one after the other.</summary>
    private static readonly Dictionary<Trigger, End[]> Ends = new()
    {
        [Trigger.Health] = [End.Failed, End.Failed, End.Arrives, End.RolledBack, End.RolledBack, End.RolledBack, End.Arrives],
        [Trigger.CrashLoop] = [End.Failed, End.Failed, End.Arrives, End.RolledBack, End.RolledBack, End.RolledBack, End.Arrives],
        [Trigger.Verify] = [End.Arrives, End.Failed, End.Arrives, End.Arrives, End.Arrives, End.Arrives, End.Arrives],
        [Trigger.Verdict] = [End.Arrives, End.Arrives, End.Arrives, End.RolledBack, End.RolledBack, End.Arrives, End.Arrives],
        [Trigger.Deadline] = [End.Errored, End.Errored, End.Errored, End.RolledBack, End.RolledBack, End.Errored, End.Arrives],
        [Trigger.RollbackByHand] =
        [
            End.CanceledAndHeld, End.CanceledAndHeld, End.CanceledAndHeld, End.RolledBackAndHeld, End.RolledBackAndHeld, End.RolledBackAndHeld,
            End.UndoneAndHeld,
        ],
        [Trigger.Cancel] = [End.Canceled, End.Canceled, End.Canceled, End.Canceled, End.Canceled, End.Canceled, End.Arrives],
    };

    public static TheoryData<Trigger, Phase, ServerDies> All() => new(
        from trigger in Enum.GetValues<Trigger>()
        from phase in Enum.GetValues<Phase>()
        from dies in Enum.GetValues<ServerDies>()
        select (trigger, phase, dies));

    [Theory]
    [MemberData(nameof(All))]
    public void Whatever_goes_wrong_whenever_it_does_there_is_one_end_and_the_right_one(Trigger trigger, Phase phase, ServerDies dies)
    {
        var story = At(phase);
        if (dies is ServerDies.BeforeIt or ServerDies.BeforeAndAfter)
            story.ServerRestarted();
        Strike(story, trigger, phase);
        if (dies is ServerDies.AfterIt or ServerDies.BeforeAndAfter)
            story.ServerRestarted();
        Expect(story.Arrives().ServerRestarted().ThenNothingIsUnderWay(), Ends[trigger][(int)phase]);
    }

    [Fact]
    public void Every_end_comes_and_each_trigger_has_a_phase_in_which_it_goes_back()
    {
        Assert.Equal(Enum.GetValues<End>(), Ends.Values.SelectMany(ends => ends).Distinct().Order());
        Assert.All(Ends.Values, ends => Assert.Contains(ends, end => end != End.Arrives));
        Assert.All(Ends.Values, ends => Assert.Equal(Enum.GetValues<Phase>().Length, ends.Length));
    }

    private static EnvironmentScenario At(Phase phase)
    {
        var story = Given.Environment("production").Defined(place => place with { Rollout = Sample.Rollout() }).Live(1);
        return phase switch
        {
            Phase.Starting => story.Underway(2, Stage.Start),
            Phase.Checking => story.Underway(2, Stage.Check),
            Phase.Surveying => story.Underway(2, Stage.Survey),
            Phase.AtAStep => story.Underway(2, Stage.Canary),
            Phase.Paused => story.Underway(2, Stage.Canary).AfterTime(Sample.Rollout().Longest).Then(2, DeploymentStatus.Paused),
            Phase.Shifting => story.Underway(2, Stage.Canary).When(new AdvanceDeployment(2, ToEnd: true, "ada")).ThenAsked<ShiftTraffic>(),
            _ => story.Offered(2).Arrives().ThenLive(2),
        };
    }

    private static void Strike(EnvironmentScenario story, Trigger trigger, Phase phase)
    {
        // An agent that was not heard says it again: the second time it changes nothing.
        switch (trigger)
        {
            case Trigger.Health:
                Said(IdOf(story, phase), Outcome.Failed, "web/0 answered 503 at /healthz for 60 s.");
                break;
            case Trigger.CrashLoop:
                Said(IdOf(story, phase), Outcome.Failed, "web/0 ended with exit code 1 while it got requests.");
                break;
            case Trigger.Verify:
                Said(Command("check"), Outcome.Failed, "verify failed: step './smoke.sh' ended with exit code 1.");
                break;
            case Trigger.Verdict:
                for (var bin = 1; bin <= 3; bin++)
                    Measured(bin);
                break;
            case Trigger.Deadline:
                // Of a canary that is the longest time of its step, and then that in which a person may come.
                while (story.State.Active is { Status: not DeploymentStatus.RollingBack, Deadline: { } deadline })
                    story.AfterTime(deadline - story.Now);
                break;
            case Trigger.RollbackByHand:
                story.RolledBack();
                break;
            case Trigger.Cancel:
                story.When(new CancelDeployment(2, "ada"));
                break;
            default:
                throw new UnreachableException();
        }

        void Said(string id, Outcome outcome, string reason)
        {
            var answer = new StageAnswered(id, outcome, reason);
            story.When(answer).When(answer).ThenNothingHappened();
        }

        // The measurement that is asked for, where one is; else one that nobody asked for.
        void Measured(int bin)
        {
            var asked = EnvironmentMachine.Pending(story.State).OfType<MeasureTraffic>().SingleOrDefault();
            var answer = new StageAnswered(asked?.Id ?? Command($"canary-{bin}"), Outcome.Succeeded, "") { Traffic = Bad };
            story.When(answer).When(answer).ThenNothingHappened();
        }
    }

    /// <summary>The command to which an instance that is not well is the answer. A survey asks none, and what is live is kept running.</summary>
    private static string IdOf(EnvironmentScenario story, Phase phase) => phase switch
    {
        Phase.Surveying => Command("check"),
        Phase.Live => Command("shift"),
        _ => Assert.Single(EnvironmentMachine.Pending(story.State)).Id,
    };

    private static string Command(string stage) => $"shop/environments/production/deployments/2/{stage}";

    private static void Expect(EnvironmentScenario story, End end)
    {
        var second = story.State.Deployments.Single(deployment => deployment.Number == 2);
        (DeploymentStatus Status, int Live, string? HeldBy, int[] Quarantined) expected = end switch
        {
            End.Arrives => (DeploymentStatus.Live, 2, null, []),
            End.Failed => (DeploymentStatus.Failed, 1, null, []),
            End.RolledBack => (DeploymentStatus.RolledBack, 1, null, [2]),
            End.Errored => (DeploymentStatus.Errored, 1, null, []),
            End.Canceled => (DeploymentStatus.Canceled, 1, null, []),
            End.CanceledAndHeld => (DeploymentStatus.Canceled, 1, "ada", []),
            End.RolledBackAndHeld => (DeploymentStatus.RolledBack, 1, "ada", [2]),
            End.UndoneAndHeld => (DeploymentStatus.Live, 1, "ada", [2]),
            _ => throw new UnreachableException(),
        };
        Assert.Equal(expected.Status, second.Status);
        story.ThenLive(expected.Live).ThenHeldBy(expected.HeldBy).ThenQuarantined(expected.Quarantined);
    }
}
