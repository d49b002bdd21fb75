using Towpath.Agent.Apps;
using Towpath.Core;
using Towpath.Core.Agents;
using static Towpath.Tests.Agent.Apps.AppMachine;

namespace Towpath.Tests.Agent.Apps;

/// <summary>Going back needs only the machine.</summary>
public sealed class LocalRollbackTests
{
    [Fact]
    public async Task A_second_rollback_goes_further_back()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1"));
        await machine.DeployAsync(await machine.PlanAsync("d2"));
        await machine.DeployAsync(await machine.PlanAsync("d3"));

        Succeeded(await machine.Host.RollBackLocallyAsync("shop", "production", _ => { }, TestContext.Current.CancellationToken));
        Assert.StartsWith("d2 ", await machine.GetAsync(), StringComparison.Ordinal);
        Succeeded(await machine.Host.RollBackLocallyAsync("shop", "production", _ => { }, TestContext.Current.CancellationToken));
        Assert.StartsWith("d1 ", await machine.GetAsync(), StringComparison.Ordinal);
        var ended = await machine.Host.RollBackLocallyAsync("shop", "production", _ => { }, TestContext.Current.CancellationToken);

        Assert.Equal(new StageEnded(Outcome.Failed, "No earlier version of 'production' that was live is kept on this machine."), ended);
        Assert.NotNull(machine.Host.Describe()[0].RolledBackLocallyAt);
        Assert.Empty(machine.PidsOf("d3"));
    }

    [Fact]
    public async Task What_a_person_went_back_behind_with_the_server_is_left_out()
    {
        await using var machine = await AppMachine.StartAsync();
        var first = await machine.DeployAsync(await machine.PlanAsync("d1"));
        await machine.DeployAsync(await machine.PlanAsync("d2"));
        Succeeded(await machine.StartAsync(first));
        Succeeded(await machine.CheckAsync(first));
        Succeeded(await machine.CarryOutAsync(id => new ShiftTraffic(id, first) { Undone = ["d2"] }));
        await machine.DeployAsync(await machine.PlanAsync("d4"));

        Succeeded(await machine.Host.RollBackLocallyAsync("shop", "production", _ => { }, TestContext.Current.CancellationToken));

        Assert.StartsWith("d1 ", await machine.GetAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_healthy_any_more_is_not_gone_back_to()
    {
        await using var machine = await AppMachine.StartAsync();
        var flag = machine.At("broken");
        var fragile = Web(command: $"test ! -f {flag} && exec {TestApp}");
        await machine.DeployAsync(await machine.PlanAsync("d1", [fragile], it => it with { KeepWarm = TimeSpan.Zero }));
        await machine.DeployAsync(await machine.PlanAsync("d2", change: it => it with { KeepWarm = TimeSpan.Zero }));
        await Eventually.That(() => machine.Release("d1") is { Instances.Count: 0 }, "d1 stops");
        await File.WriteAllTextAsync(flag, "", TestContext.Current.CancellationToken);

        var ended = await machine.Host.RollBackLocallyAsync("shop", "production", _ => { }, TestContext.Current.CancellationToken);

        Assert.Equal(Outcome.Failed, ended.Outcome);
        Assert.StartsWith("d1 is not well, and d2 stays: web/0 ended with exit code 1", ended.Reason, StringComparison.Ordinal);
        Assert.StartsWith("d2 ", await machine.GetAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_agent_that_runs_is_asked()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1"));
        await machine.DeployAsync(await machine.PlanAsync("d2"));
        var said = new List<string>();

        Succeeded(await RollbackRequest.MakeAsync(machine.Options, "shop", "production", said.Add, TestContext.Current.CancellationToken));

        Assert.Contains("d2 (run 2) is replaced by d1 (run 1)", said);
        Assert.StartsWith("d1 ", await machine.GetAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_measurement_under_way_is_cut_and_nobody_waits_for_it()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1"));
        await machine.DeployAsync(await machine.PlanAsync("d2"));
        var plan = await machine.PlanAsync("d3");
        Succeeded(await machine.StartAsync(plan));
        Succeeded(await machine.CheckAsync(plan));
        var measuring = machine.CarryOutAsync(id => new MeasureTraffic(id, plan, "d2", Share: 0.5, Sticky: false, For: TimeSpan.FromMinutes(50), Edges: []));
        await Eventually.That(() => machine.Said.Contains("d3 gets 50 % of the requests now", StringComparison.Ordinal), "it has its share");

        Succeeded(await machine.Host.RollBackLocallyAsync("shop", "production", _ => { }, TestContext.Current.CancellationToken));

        // Nothing was counted that says anything.
        Succeeded(await measuring);
        for (var request = 0; request < 20; request++)
            Assert.StartsWith("d1 ", await machine.GetAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_agent_it_is_done_at_once()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1"));
        await machine.DeployAsync(await machine.PlanAsync("d2"));
        await machine.Host.DisposeAsync();

        Succeeded(await RollbackRequest.MakeAsync(machine.Options, "shop", "production", _ => { }, TestContext.Current.CancellationToken));

        Assert.StartsWith("d1 ", await machine.GetAsync(), StringComparison.Ordinal);
        await machine.RestartAgentAsync();
        Assert.Equal(ReleaseRole.Live, machine.Release("d1")!.Role);
    }

    [Fact]
    public async Task What_was_never_deployed_here_cannot_be_rolled_back()
    {
        await using var machine = await AppMachine.StartAsync();

        var ended = await RollbackRequest.MakeAsync(machine.Options, "shop", "staging", _ => { }, TestContext.Current.CancellationToken);

        Assert.Equal(new StageEnded(Outcome.Failed, "Nothing of shop was deployed to 'staging' on this machine."), ended);
    }
}
