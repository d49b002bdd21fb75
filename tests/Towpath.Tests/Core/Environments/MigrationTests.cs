using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Environments;

/// <summary>What only older versions needed is taken away when none of them can come back.</summary>
public sealed class MigrationTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Fact]
    public void Contract_runs_once_when_the_version_was_live_for_its_time() => Migrating()
        .Live(1).Live(2)
        .Idle(Day - TimeSpan.FromSeconds(1))
        .AfterTime(TimeSpan.FromSeconds(1))
        .ThenAsked<RunContract>(contract => contract.Plan is { Run: 1, Release: "d1" } && contract.Past.Count == 0)
        .Answered(Outcome.Succeeded)
        .Then(1, DeploymentStatus.Live, "What only older versions needed is gone.")
        .AfterTime(TimeSpan.Zero)
        .ThenAsked<RunContract>(contract => contract.Plan is { Run: 2, Release: "d2" } && contract.Past.SequenceEqual(["d1"]))
        .Answered(Outcome.Succeeded)
        .ThenLive(2)
        .Idle(Day * 30);

    [Fact]
    public void There_is_a_way_back_until_it_begins_and_none_afterwards() => Migrating()
        .Live(1).Defined(Keeping(null)).Live(2).Defined(Keeping(Step)).Live(3)
        .AfterTime(Day)
        .Answered(Outcome.Succeeded)
        .AfterTime(TimeSpan.Zero)
        .ThenAsked<RunContract>(contract => contract.Plan.Run == 3 && contract.Past.SequenceEqual(["d1", "d2"]))
        .Answered(Outcome.Succeeded)
        .RolledBack().ThenRefused("The contract migration of run 3 was started");

    [Fact]
    public void Version_that_is_rolled_back_in_time_takes_nothing_away() => Migrating(contract: false)
        .Live(1).Defined(Keeping(Step)).Live(2)
        .AfterTime(Day / 2)
        .RolledBack().Arrives().ThenLive(1)
        .When(new ResumeEnvironment("ada"))
        .Idle(Day * 30);

    [Fact]
    public void Going_back_to_it_begins_its_time_anew() => Migrating()
        .Live(1).Defined(Keeping(null)).Live(2)
        .AfterTime(Day / 2)
        .RolledBack().Arrives().ThenLive(1)
        .When(new ResumeEnvironment("ada"))
        .Idle(Day / 2)
        .AfterTime(Day / 2)
        .ThenAsked<RunContract>(contract => contract.Plan.Run == 1);

    [Fact]
    public void Older_commit_that_was_promoted_over_it_puts_it_off() => Migrating(contract: false)
        .Live(1).Defined(Keeping(Step)).Live(2)
        .When(new Promote(1, "ada")).Arrives().ThenLive(1)
        .When(new ResumeEnvironment("ada"))
        .Idle(Day * 3)
        .When(new Promote(2, "ada")).Arrives().ThenLive(2)
        .AfterTime(Day)
        .ThenAsked<RunContract>(contract => contract.Plan.Run == 2);

    [Fact]
    public void Older_commit_that_starts_when_it_is_due_puts_it_off() => Migrating(contract: false)
        .Live(1).Defined(Keeping(Step)).Live(2)
        .When(new FreezeEnvironment("ada", "", Sample.Noon, Sample.Noon + (Day / 2)))
        .When(new Promote(1, "ada"))
        .Unseen(Day)
        .AfterTime(TimeSpan.Zero)
        .ThenAsked<StartRelease>(start => start.Plan.Run == 1)
        .Arrives().ThenLive(1)
        .Then(2, DeploymentStatus.Refused, "may need what it takes away")
        .When(new ResumeEnvironment("ada"))
        .Idle(Day * 3);

    [Fact]
    public void Hold_keeps_it_and_a_deployment_goes_first() => Migrating()
        .Live(1)
        .Held()
        .Idle(Day * 2)
        .Offered(2)
        .When(new ResumeEnvironment("ada"))
        .ThenAsked<StartRelease>(start => start.Plan.Run == 2)
        .Arrives()
        .ThenLive(2)
        .AfterTime(TimeSpan.Zero)
        .ThenAsked<RunContract>(contract => contract.Plan.Run == 1);

    [Fact]
    public void Run_that_comes_back_after_a_retry_of_its_commit_does_not_contract_again() => Migrating()
        .Live(1)
        .AfterTime(Day)
        .Answered(Outcome.Succeeded)
        .Offered(2, order: 10).Arrives().ThenLive(2)
        .AfterTime(Day)
        .ThenAsked<RunContract>(contract => contract.Plan.Run == 2)
        .Answered(Outcome.Succeeded)
        .When(new Promote(1, "ada")).Arrives().ThenLive(1)
        .Idle(Day * 3);

    [Fact]
    public void One_that_fails_is_not_tried_again_and_still_bars_the_way() => Migrating(contract: false)
        .Live(1).Defined(Keeping(Step)).Live(2)
        .AfterTime(Day)
        .Answered(Outcome.Failed, "contract failed: exit code 1.")
        .Then(2, DeploymentStatus.Failed, "contract failed: exit code 1.")
        .ThenLive(2)
        .ThenHeldBy(null)
        .Idle(Day * 3)
        .RolledBack().ThenRefused("Push a fix instead.");

    [Fact]
    public void Rollback_while_it_runs_is_refused_and_cancel_ends_it_where_it_is() => Migrating(contract: false)
        .Live(1).Defined(Keeping(Step)).Live(2)
        .AfterTime(Day)
        .RolledBack().ThenRefused("takes away what versions before run 2 need")
        .When(new CancelDeployment(3, "ada"))
        .Then(2, DeploymentStatus.Canceled, "Canceled by ada.")
        .ThenLive(2)
        .RolledBack().ThenRefused("The contract migration of run 2 was started");

    [Fact]
    public void Older_commit_is_not_promoted_any_more() => Migrating(contract: false)
        .Live(1).Defined(Keeping(Step)).Live(2)
        .AfterTime(Day)
        .Answered(Outcome.Succeeded)
        .When(new Promote(1, "ada")).ThenRefused("Run 1 cannot be deployed to 'production' any more.");

    [Fact]
    public void Rollback_within_the_time_says_what_stays() => Assert.Equal(
        "The database stays as the expand migration of run 2 made it: run 1 has to work with it.",
        Migrations.Leaves(Migrating().Live(1).Live(2).State));

    [Fact]
    public void Agent_that_is_silent_ends_it() => Migrating()
        .Live(1)
        .AfterTime(Day + TimeSpan.FromHours(1))
        .Then(1, DeploymentStatus.Errored, "The agent did not finish 'contract' in time.")
        .ThenLive(1)
        .ThenNothingIsUnderWay();

    private static StepDefinition Step => new("contract", "./migrate.sh contract", OrdinalMap<string>.Empty, TimeSpan.FromMinutes(1), "");

    private static EnvironmentScenario Migrating(bool contract = true) =>
        Given.Environment("production").Defined(Keeping(contract ? Step : null));

    private static Func<EnvironmentDefinition, EnvironmentDefinition> Keeping(StepDefinition? contract) =>
        place => place with { Migrations = new MigrationDefinition(Step, contract, Day) };
}
