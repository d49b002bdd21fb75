using Towpath.Core.Agents;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Environments;

/// <summary>An environment whose journal came from a backup: what is live may be newer than it knows.</summary>
public sealed class AfterRestoreTests
{
    private const string Reason = "Restored from a backup.";

    [Fact]
    public void Nothing_starts_by_itself_until_a_person_resumes() => Given.Environment("production")
        .Live(1)
        .When(new RestoreEnvironment(Reason))
        .ThenHeldBy("towpath")
        .Offered(2)
        .Then(2, DeploymentStatus.Waiting, Reason)
        .ThenNothingIsUnderWay()
        .When(new ResumeEnvironment("ada"))
        .Then(2, DeploymentStatus.Starting);

    [Theory]
    [InlineData(Stage.Start)]
    [InlineData(Stage.Check)]
    [InlineData(Stage.Shift)]
    public void What_was_under_way_ends_where_it_was_and_moves_nothing(Stage stage) => Given.Environment("production")
        .Live(1)
        .Underway(2, stage)
        .When(new RestoreEnvironment(Reason))
        .Then(2, DeploymentStatus.Errored, "Nobody knows how it ended.")
        .ThenNothingIsUnderWay()
        .ThenLive(1)
        .ThenQuarantined();

    [Fact]
    public void What_waited_does_not_come_by_itself_and_can_be_promoted() => Given.Environment("production")
        .Live(1)
        .Held()
        .Offered(2)
        .When(new RestoreEnvironment(Reason))
        .Then(2, DeploymentStatus.Canceled, "towpath promote --run 2")
        .When(new ResumeEnvironment("ada"))
        .ThenNothingIsUnderWay()
        .When(new Promote(2, "ada"))
        .Then(2, DeploymentStatus.Starting);

    [Fact]
    public void What_waited_too_long_under_a_hold_before_the_backup_does_not_come_by_itself() => Given.Environment("production")
        .Live(1)
        .Held()
        .Offered(2)
        .AfterTime(EnvironmentMachine.WaitTimeout + TimeSpan.FromHours(1))
        .Then(2, DeploymentStatus.Refused)
        .When(new RestoreEnvironment(Reason))
        .When(new ResumeEnvironment("ada"))
        .ThenNothingIsUnderWay();

    [Fact]
    public void Rollback_that_a_person_asked_for_before_the_backup_is_not_done_after_it() => Given.Environment("production")
        .Live(1).Live(2)
        .Underway(3, Stage.Shift)
        .RolledBack()
        .When(new RestoreEnvironment(Reason))
        .ThenNothingIsUnderWay()
        .ThenLive(2);

    [Fact]
    public void Release_has_a_name_that_no_agent_can_know()
    {
        var story = Given.Environment("production").Live(1).Live(2).When(new RestoreEnvironment(Reason));

        story.When(new ResumeEnvironment("ada")).Offered(3)
            .ThenAsked<StartRelease>(start => start.Plan.Release == "d1000003" && start.Id.Contains("/deployments/1000003/", StringComparison.Ordinal));
    }

    [Fact]
    public void Going_back_works_at_once() => Given.Environment("production")
        .Live(1).Live(2)
        .When(new RestoreEnvironment(Reason))
        .RolledBack()
        .Arrives()
        .ThenLive(1);

    [Fact]
    public void Hold_of_a_person_is_not_forgotten()
    {
        var story = Given.Environment("production", queue: QueueMode.Every).Live(1).Held("ada").When(new RestoreEnvironment(Reason));

        Assert.Equal("Restored from a backup. (Held before by ada: Wait.)", story.State.Hold?.Reason);
    }

    [Fact]
    public void Numbers_of_runs_are_left_out_and_never_go_back()
    {
        var restored = ProjectMachine.Decide(ProjectState.Empty("shop"), new RestoreProject(AfterRestore.NumbersSkipped), Sample.Noon).Events.Aggregate(
            ProjectState.Empty("shop"), (state, one) => ProjectMachine.Evolve(state, new(1, Sample.Noon, one)));

        Assert.True(restored.NextRun > TimeSpan.FromDays(365).TotalMinutes, "a schedule of every minute reaches them in a year");
        Assert.Equal(1_000_001, restored.NextRun);
        Assert.Equal(1_000_001, ProjectMachine.Evolve(restored, new(2, Sample.Noon, new RunNumbersSkipped(5))).NextRun);
    }
}
