using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;
using static Towpath.Tests.Agent.Apps.AppMachine;

namespace Towpath.Tests.Agent.Apps;

/// <summary>Expand before anything of a version runs; contract when nothing before it can come back, also not on the machine itself.</summary>
public sealed class MigrationTests
{
    [Fact]
    public async Task Expand_runs_once_before_everything_else_of_its_version()
    {
        await using var machine = await AppMachine.StartAsync();
        var story = machine.At("story");
        var plan = await machine.PlanAsync("d1", change: it => it with
        {
            Before = [Step($"echo before >> {story}")],
            Migrations = new MigrationDefinition(Step($"echo expand >> {story}"), null, TimeSpan.Zero),
        });

        Succeeded(await machine.CarryOutAsync(_ => new StartRelease("a", plan)));
        Succeeded(await machine.CarryOutAsync(_ => new StartRelease("a", plan)));

        Assert.Equal("expand\nbefore\n", await File.ReadAllTextAsync(story, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Expand_that_fails_says_so_and_nothing_starts()
    {
        await using var machine = await AppMachine.StartAsync();
        var plan = await machine.PlanAsync("d1", change: it => it with
        {
            Migrations = new MigrationDefinition(Step("exit 3"), null, TimeSpan.Zero),
        });

        var ended = await machine.CarryOutAsync(_ => new StartRelease("a", plan));

        Assert.Equal(Outcome.Failed, ended.Outcome);
        Assert.StartsWith("expand failed: ", ended.Reason, StringComparison.Ordinal);
        Assert.Empty(machine.PidsOf("d1"));
    }

    [Fact]
    public async Task Nobody_goes_back_behind_a_contract_on_the_machine_either()
    {
        await using var machine = await AppMachine.StartAsync();
        var gone = machine.At("gone");
        await machine.DeployAsync(await machine.PlanAsync("d1"));
        var plan = await machine.PlanAsync("d2", change: it => it with
        {
            Migrations = new MigrationDefinition(null, Step($"echo contract >> {gone}; exit 1"), TimeSpan.Zero),
        });
        await machine.DeployAsync(plan);

        var contract = await machine.CarryOutAsync(_ => new RunContract("c", plan, ["d1"]));
        await machine.RestartAgentAsync();
        var back = await machine.Host.RollBackLocallyAsync("shop", "production", _ => { }, TestContext.Current.CancellationToken);

        Assert.StartsWith("contract failed: ", contract.Reason, StringComparison.Ordinal);
        Assert.Equal("contract\n", await File.ReadAllTextAsync(gone, TestContext.Current.CancellationToken));
        Assert.Equal(
            new StageEnded(Outcome.Failed, "d1 (run 1) cannot come back: a contract migration took away what it needs. Deploy a fix instead."), back);
        Assert.StartsWith("d2 ", await machine.GetAsync(), StringComparison.Ordinal);
    }
}
