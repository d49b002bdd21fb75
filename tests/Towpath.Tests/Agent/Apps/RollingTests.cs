using Towpath.Agent.Apps;
using Towpath.Core.Agents;
using static Towpath.Tests.Agent.Apps.AppMachine;

namespace Towpath.Tests.Agent.Apps;

/// <summary>Instance by instance: never one less than before, and one more at most.</summary>
public sealed class RollingTests
{
    private const int Instances = 3;

    [Fact]
    public async Task Instances_are_replaced_one_by_one_and_nobody_notices()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await PlanAsync(machine, "d1"));
        await using var load = Load.On(machine);
        var (most, least) = (0, int.MaxValue);
        machine.Crossing = crossing =>
        {
            var known = machine.Host.Describe().SelectMany(place => place.Releases).SelectMany(release => release.Instances).ToList();
            // The one that was just started is not among them yet.
            if (crossing == "instance.started")
                most = Math.Max(most, known.Count + 1);
            if (crossing == "instance.ending")
                least = Math.Min(least, known.Count(instance => instance.Standing == InstanceStanding.Healthy));
        };
        await machine.RestartAgentAsync();

        await machine.DeployAsync(await PlanAsync(machine, "d2"));

        Assert.Equal((Instances + 1, Instances), (most, least));
        Assert.Equal(Instances, machine.PidsOf("d2").Count());
        Assert.Contains("1 of d2 gets requests", machine.Said, StringComparison.Ordinal);
        await load.EndsWithoutFailureAsync();
        await Eventually.That(() => machine.Release("d1") is { Role: ReleaseRole.Stopped, Instances.Count: 0 }, "d1 is recorded as stopped");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task As_many_as_the_new_version_wants_are_there_in_the_end(int wanted)
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await PlanAsync(machine, "d1"));
        await using var load = Load.On(machine);

        await machine.DeployAsync(await PlanAsync(machine, "d2", instances: wanted));

        Assert.Equal(wanted, machine.PidsOf("d2").Count());
        await load.EndsWithoutFailureAsync();
        await Eventually.That(() => machine.Release("d1") is { Role: ReleaseRole.Stopped, Instances.Count: 0 }, "d1 is recorded as stopped");
    }

    [Fact]
    public async Task Where_a_later_instance_fails_the_old_ones_come_back_and_nobody_notices()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await PlanAsync(machine, "d1"));
        await using var load = Load.On(machine);
        var bad = await PlanAsync(machine, "d2", command: $"test $TOWPATH_APP_INDEX = 0 && exec {TestApp}");

        Succeeded(await machine.StartAsync(bad));
        Succeeded(await machine.CheckAsync(bad));
        var ended = await machine.ShiftAsync(bad);
        Succeeded(await machine.WithdrawAsync(bad, "d1"));

        Assert.StartsWith("web/1 ended with exit code 1", ended.Reason, StringComparison.Ordinal);
        Assert.Equal(Instances, machine.PidsOf("d1").Count());
        Assert.Null(machine.Release("d2"));
        await load.EndsWithoutFailureAsync();
    }

    [Fact]
    public async Task The_version_before_is_started_again_for_a_rollback()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await PlanAsync(machine, "d1"));
        await machine.DeployAsync(await PlanAsync(machine, "d2"));
        await using var load = Load.On(machine);

        Succeeded(await machine.Host.RollBackLocallyAsync("shop", "production", _ => { }, TestContext.Current.CancellationToken));

        Assert.Equal(Instances, machine.PidsOf("d1").Count());
        await load.EndsWithoutFailureAsync();
        Assert.StartsWith("d1 ", await machine.GetAsync(), StringComparison.Ordinal);
    }

    private static Task<ReleasePlan> PlanAsync(AppMachine machine, string release, int instances = Instances, string? command = null) =>
        machine.PlanAsync(release, [Web(instances, command)], it => it with { Rolling = true });
}
