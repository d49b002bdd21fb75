using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Environments;

/// <summary>Windows, freezes, soak time, and what passes them by. It is Tuesday noon, UTC.</summary>
public sealed class GateTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly WindowGate Afternoon = new([Window("14:00-16:00 UTC")], 7 * Day);
    private static readonly WindowGate Monday = new([Window("Mon 08:00-09:00 UTC")], 2 * Day);
    private static readonly FreezeGate Today = new([Freeze("2030-01-01 UTC")], 7 * Day);
    private static readonly SoakGate HalfAnHour = new(Hour / 2, Day);
    private static readonly WebhookGate Hook = new("https://change.example/ask", TimeSpan.FromMinutes(1), PassesWhenOverdue: false, Hour);

    [Fact]
    public void Window_that_opens_lets_what_waits_start() => Given.Environment("production")
        .Gated(Afternoon)
        .Offered(1)
        .Then(1, DeploymentStatus.Waiting, "Its window opens Tue 2030-01-01 14:00 +00:00 (14:00-16:00 UTC).")
        .ThenNothingIsUnderWay()
        .AfterTime(2 * Hour)
        .Then(1, DeploymentStatus.Starting);

    [Fact]
    public void First_deployment_ever_asks_its_gates_as_well() => Given.Environment("production")
        .Gated(Today)
        .Offered(1)
        .ThenNothingIsUnderWay();

    [Fact]
    public void Window_that_opened_while_nobody_looked_is_seen_with_the_next_look()
    {
        var production = Given.Environment("production").Gated(Afternoon).Offered(1);
        // The server was away, or its clock was set forward: the time of the opening is over.
        var later = Sample.Noon + (2.5 * Hour);
        Assert.Equal(later, EnvironmentMachine.NextDeadline(production.State, later));
        // And when all of it was missed, the next one is waited for.
        Assert.Equal(Sample.Noon + (26 * Hour), EnvironmentMachine.NextDeadline(production.State, Sample.Noon + (5 * Hour)));
    }

    [Fact]
    public void Clock_that_goes_back_brings_back_the_window_that_seemed_over()
    {
        var production = Given.Environment("production").Gated(Afternoon).Offered(1);
        Assert.Equal(Sample.Noon + (26 * Hour), EnvironmentMachine.NextDeadline(production.State, Sample.Noon + (9 * Hour)));
        Assert.Equal(Sample.Noon + (2 * Hour), EnvironmentMachine.NextDeadline(production.State, Sample.Noon + Hour));
    }

    [Fact]
    public void Freeze_of_the_pipeline_file_is_over_when_its_last_day_is() => Given.Environment("production")
        .Gated(Today)
        .Offered(1)
        .AfterTime((12 * Hour) - TimeSpan.FromSeconds(1))
        .Then(1, DeploymentStatus.Waiting, "The pipeline file freezes it until Wed 2030-01-02 00:00 +00:00.")
        .AfterTime(TimeSpan.FromSeconds(1))
        .Then(1, DeploymentStatus.Starting);

    [Fact]
    public void Freeze_on_the_server_keeps_everything_that_is_not_a_way_back() => Given.Environment("production")
        .Live(1).Live(2)
        .When(new FreezeEnvironment("ada", "The sale.", Sample.Noon, Sample.Noon + Hour))
        .Offered(3)
        .Then(3, DeploymentStatus.Waiting, "Frozen by ada until Tue 2030-01-01 13:00 +00:00: The sale.")
        .When(new Promote(1, "eve"))
        .Then(1, DeploymentStatus.Waiting, "Frozen by ada")
        .ThenNothingIsUnderWay()
        .RolledBack()
        .ThenOffered(1, DeploymentKind.Rollback, undoes: 2)
        .Then(1, DeploymentStatus.Starting);

    [Fact]
    public void Freeze_on_the_server_ends_by_itself_and_can_be_lifted_before()
    {
        Frozen().AfterTime(Hour).Then(2, DeploymentStatus.Starting);
        Frozen().When(new UnfreezeEnvironment("eve")).Then(2, DeploymentStatus.Starting);
        Frozen().AfterTime(Hour).When(new UnfreezeEnvironment("eve")).ThenRefused("'production' is not frozen on the server");

        static EnvironmentScenario Frozen() => Given.Environment("production")
            .Live(1)
            .When(new FreezeEnvironment("ada", "The sale.", Sample.Noon, Sample.Noon + Hour))
            .Offered(2)
            .ThenNothingIsUnderWay();
    }

    [Fact]
    public void Freeze_that_makes_no_sense_is_refused()
    {
        var production = Given.Environment("production").Live(1);
        production.When(new FreezeEnvironment("ada", "", Sample.Noon + (2 * Hour), Sample.Noon + Hour)).ThenRefused("ends before it begins");
        production.When(new FreezeEnvironment("ada", "", Sample.Noon - Day, Sample.Noon)).ThenRefused("is over");
        production.When(new FreezeEnvironment("ada", "", Sample.Noon, Sample.Noon + (400 * Day))).ThenRefused("within 366 days");
        for (var freeze = 0; freeze < Gates.FreezesAtMost; freeze++)
            production.When(new FreezeEnvironment("ada", "", Sample.Noon, Sample.Noon + Hour));
        production.When(new FreezeEnvironment("ada", "", Sample.Noon, Sample.Noon + Hour)).ThenRefused("'towpath unfreeze --environment production'");
    }

    [Fact]
    public void Soak_time_counts_from_when_it_became_live_in_the_last_of_the_environments_before() =>
        Given.Environment("production", after: ["staging", "load-test"])
            .Gated(HalfAnHour)
            .Passed(1, "staging")
            .AfterTime(Hour)
            .Passed(1, "load-test")
            .ThenGate(1, "soak", isPassed: false, "It has to be live in 'load-test' for 30m: until Tue 2030-01-01 13:30 +00:00.")
            .AfterTime(Hour / 2)
            .Then(1, DeploymentStatus.Starting);

    [Fact]
    public void Soak_time_ends_with_a_rollback_before() => Given.Environment("production", after: ["staging"])
        .Gated(HalfAnHour)
        .Passed(1, "staging")
        .AfterTime(Hour / 4)
        .Revoked(1, "staging")
        .Then(1, DeploymentStatus.Refused, "It was rolled back in 'staging'.");

    [Fact]
    public void Push_after_push_does_not_keep_what_soaks_from_ever_getting_in()
    {
        var production = Given.Environment("production", after: ["staging"]).Gated(HalfAnHour);
        for (var run = 1; run <= 3; run++)
            production.Passed(run, "staging").AfterTime(Hour / 6);
        production.Then(1, DeploymentStatus.Starting)
            .Then(2, DeploymentStatus.Waiting)
            .Then(3, DeploymentStatus.Waiting);
    }

    [Fact]
    public void Newer_one_supersedes_at_a_gate_that_neither_has_passed() => Given.Environment("production")
        .Gated(Afternoon)
        .Offered(1).Offered(2)
        .Then(1, DeploymentStatus.Superseded, "Run 2 is newer.")
        .Then(2, DeploymentStatus.Waiting);

    [Fact]
    public void Newer_one_that_is_behind_supersedes_nothing() => Given.Environment("production")
        .Live(1)
        .Held()
        .Gated(new ApprovalGate(1, [], Day))
        .Offered(2).Approved(2, "ada")
        .Offered(3)
        .Then(2, DeploymentStatus.Waiting)
        .When(new ResumeEnvironment("ada"))
        .Then(2, DeploymentStatus.Starting)
        .Then(3, DeploymentStatus.Waiting);

    [Fact]
    public void Every_candidate_has_its_turn_in_order_also_when_the_older_one_waits_at_its_gate() =>
        Given.Environment("production", queue: QueueMode.Every)
            .Gated(new ApprovalGate(1, [], Hour))
            .Offered(1).Offered(2)
            .Approved(2, "ada")
            .Then(2, DeploymentStatus.Waiting, "Run 1 comes first (queue: every).")
            .AfterTime(Hour)
            .Then(1, DeploymentStatus.Refused, "Its gate 'approval' had 1h, and they are over.")
            .Then(2, DeploymentStatus.Starting);

    [Fact]
    public void Gate_that_is_not_passed_in_time_refuses_and_says_why() => Given.Environment("production")
        .Gated(Monday)
        .Offered(1)
        .AfterTime(2 * Day)
        .Then(1, DeploymentStatus.Refused, "Its gate 'window' had 2d, and they are over. Its window opens Mon 2030-01-07 08:00");

    [Fact]
    public void Gate_that_was_passed_in_time_and_is_shut_again_refuses_when_it_shuts() => Given.Environment("production")
        .Underway(1, Stage.Check)
        .Gated(new WindowGate([Window("14:00-16:00 UTC")], 3 * Hour))
        .Offered(2)
        .AfterTime((4 * Hour) - TimeSpan.FromMinutes(1))
        .Then(2, DeploymentStatus.Waiting)
        .AfterTime(TimeSpan.FromMinutes(1))
        .Then(2, DeploymentStatus.Refused, "Its gate 'window' had 3h");

    [Fact]
    public void What_a_gate_refused_under_a_hold_is_offered_afresh_when_it_is_lifted() => Given.Environment("production", after: ["staging"])
        .Live(1)
        .Held()
        .Gated(Monday, HalfAnHour)
        .Offered(2)
        .AfterTime(2 * Day)
        .Then(2, DeploymentStatus.Refused, "Its gate 'window'")
        .When(new ResumeEnvironment("ada"))
        .Then(2, DeploymentStatus.Waiting)
        .ThenGate(2, "soak", isPassed: true)
        .ThenGate(2, "window", isPassed: false);

    [Fact]
    public void What_a_gate_refused_without_a_hold_is_not_offered_afresh_after_one() => Given.Environment("production")
        .Live(1)
        .Gated(Monday)
        .Offered(2)
        .AfterTime(3 * Day)
        .Held()
        .When(new ResumeEnvironment("ada"))
        .Then(2, DeploymentStatus.Refused)
        .ThenNothingIsUnderWay();

    [Fact]
    public void Override_passes_over_everything_but_approvals() => Given.Environment("production")
        .Gated(Monday, Today, Hook, new ApprovalGate(2, [], Day))
        .Offered(1)
        .When(new Promote(1, "ada") { Override = "The shop is down." })
        .ThenGate(1, "window", isPassed: true, "Passed over by ada: The shop is down.")
        .ThenGate(1, "freeze", isPassed: true)
        .ThenGate(1, "webhook", isPassed: true)
        .ThenGate(1, "approval", isPassed: false, "1 more person")
        .ThenNothingIsUnderWay()
        .Approved(1, "ben")
        .Then(1, DeploymentStatus.Starting);

    [Fact]
    public void Promotion_that_waits_at_a_gate_can_be_asked_for_again_to_pass_over_it() => Given.Environment("production")
        .Gated(Monday)
        .Offered(1)
        .When(new Promote(1, "ada"))
        .When(new Promote(1, "ada"))
        .ThenRefused("is bringing run 1 to 'production' already")
        .When(new Promote(1, "ada") { Override = "Now." })
        .Then(1, DeploymentStatus.Starting);

    [Fact]
    public void Promotion_that_waits_at_a_gate_is_refused_when_it_is_rolled_back_before() => Given.Environment("production", after: ["staging"])
        .Gated(Monday)
        .Offered(1)
        .When(new Promote(1, "ada"))
        .Revoked(1, "staging")
        .Then(1, DeploymentStatus.Refused, "It was rolled back in 'staging'.");

    [Fact]
    public void Rollback_ends_promotions_that_a_gate_has_kept_so_that_they_do_not_undo_it_later() => Given.Environment("production")
        .Live(1).Live(2)
        .Gated(Afternoon)
        .Offered(3)
        .When(new Promote(3, "eve"))
        .Then(3, DeploymentStatus.Waiting)
        .RolledBack(by: "ada").Arrives()
        .Then(3, DeploymentStatus.Canceled, "ada went back")
        .AfterTime(2 * Hour)
        .ThenLive(1);

    [Fact]
    public void Rollback_also_ends_a_promotion_whose_gate_has_opened_and_at_which_nobody_has_looked_since() => Given.Environment("production")
        .Live(1).Live(2)
        .Gated(Afternoon)
        .Offered(3)
        .When(new Promote(3, "eve"))
        .Unseen(2 * Hour)
        .RolledBack(by: "ada")
        .Then(3, DeploymentStatus.Canceled, "ada went back")
        .ThenAsked<StartRelease>(start => start.Plan.Run == 1)
        .Arrives()
        .ThenLive(1);

    [Fact]
    public void Stopping_and_going_back_ask_no_gates() => Given.Environment("production")
        .Live(1).Live(2)
        .Gated(Monday)
        .Offered(3)
        .When(new StopEnvironment("ada")).Arrives()
        .ThenNothingIsLive()
        .RolledBack().Arrives()
        .ThenLive(2);

    [Fact]
    public void New_settings_of_what_is_live_wait_at_the_gates_too_and_are_tried_once()
    {
        var production = Given.Environment("production", after: ["staging"]).Gated(HalfAnHour, Today)
            .Offered(1).When(new Promote(1, "ada") { Override = "First." }).Arrives().ThenLive(1)
            .Variable("LEVEL", "debug")
            .ThenOffered(1, DeploymentKind.Settings)
            .ThenGate(1, "soak", isPassed: true)
            .Then(1, DeploymentStatus.Waiting, "The pipeline file freezes it");
        var number = production.DeploymentOf(1).Number;
        production.When(new CancelDeployment(number, "ada")).AfterTime(Hour);
        Assert.Equal(number, production.DeploymentOf(1).Number);
        production.Variable("LEVEL", "info").ThenOffered(1, DeploymentKind.Settings).AfterTime(11 * Hour).Arrives();
        Assert.Equal("info", production.State.Live!.Settings.Variables["LEVEL"]);
    }

    [Fact]
    public void App_that_differs_only_in_its_gates_goes_on_running() => Given.Environment("production")
        .Live(1, app: "same")
        .Gated(new WindowGate([Window("00:00-24:00 UTC")], Day))
        .Live(2, app: "same")
        .ThenReleaseIs("d1");

    private static Window Window(string text) => Towpath.Core.Pipelines.Window.TryRead(text, out var window, out var problem)
        ? window : throw new InvalidOperationException(problem);

    private static FreezePeriod Freeze(string text) => FreezePeriod.TryRead(text, out var period, out var problem)
        ? period : throw new InvalidOperationException(problem);
}
