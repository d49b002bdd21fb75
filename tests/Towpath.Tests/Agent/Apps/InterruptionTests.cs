using Towpath.Agent.Apps;
using Towpath.Core.Agents;
using static Towpath.Tests.Agent.Apps.AppMachine;

namespace Towpath.Tests.Agent.Apps;

/// <summary>The agent dies before each thing that it does, one after the other, and the next agent goes on.</summary>
public sealed class InterruptionTests
{
    private const int MoreThanEver = 100;
    private static readonly string[] Kinds = ["release.unpacked", "instance.starting", "route.setting", "instance.ending", "state.writing"];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_deployment_arrives_wherever_the_agent_dies(bool isRolling)
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await PlanAsync(machine, 1, isRolling));
        await using var load = Load.On(machine);

        var (deaths, rounds) = await DieEverywhereAsync(machine, async number =>
        {
            var plan = await PlanAsync(machine, number + 1, isRolling);
            return [() => machine.StartAsync(plan), () => machine.CheckAsync(plan), () => machine.ShiftAsync(plan)];
        });

        TestContext.Current.TestOutputHelper?.WriteLine(string.Join("; ", deaths));
        Assert.Contains("route.setting", deaths);
        Assert.Contains("instance.starting", deaths);
        Assert.Contains("state.writing", deaths);
        await load.EndsWithoutFailureAsync();
        await OnlyOneRunsAsync(machine, $"d{rounds + 1}");
    }

    [Fact]
    public async Task The_way_back_is_taken_wherever_the_agent_dies()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await PlanAsync(machine, 1));
        await using var load = Load.On(machine);

        var (deaths, _) = await DieEverywhereAsync(machine, async number =>
        {
            var plan = await machine.DeployAsync(await PlanAsync(machine, number + 1));
            return [() => machine.WithdrawAsync(plan, "d1")];
        });

        TestContext.Current.TestOutputHelper?.WriteLine(string.Join("; ", deaths));
        Assert.Contains("route.setting", deaths);
        Assert.Contains("instance.ending", deaths);
        await load.EndsWithoutFailureAsync();
        await OnlyOneRunsAsync(machine, "d1");
    }

    /// <summary>
    /// Before each kind of thing that the agent does, once for every time it does it, until the stages end before the
    /// agent dies. By kind, because what the agent does in the background would shift a count over all of them.
    /// </summary>
    /// <returns>What the agent was about to do each time, and how many times the stages were gone through.</returns>
    private static async Task<(List<string> Deaths, int Rounds)> DieEverywhereAsync(AppMachine machine, Func<int, Task<Func<Task<StageEnded>>[]>> prepare)
    {
        var deaths = new List<string>();
        var rounds = 0;
        foreach (var kind in Kinds)
        {
            for (var time = 1; await DiesAsync(machine, await prepare(++rounds), new KilledAgent(kind, time)); time++)
            {
                deaths.Add(kind);
                Assert.True(rounds < MoreThanEver, "The agent never lived long enough.");
            }
        }

        return (deaths, rounds);
    }

    /// <returns>Whether it died on the way; the next agent has gone on then, and everything is done.</returns>
    private static async Task<bool> DiesAsync(AppMachine machine, Func<Task<StageEnded>>[] stages, KilledAgent agent)
    {
        machine.Crossing = agent.Cross;
        await machine.RestartAgentAsync();
        foreach (var stage in stages)
        {
            try
            {
                Succeeded(await stage());
            }
            catch (AgentDiedException)
            {
                machine.Crossing = _ => { };
                await machine.RestartAgentAsync();
                Succeeded(await stage());
            }
        }

        machine.Crossing = _ => { };
        await machine.RestartAgentAsync();
        return agent.IsDead;
    }

    private static Task<ReleasePlan> PlanAsync(AppMachine machine, int number, bool isRolling = false) => machine.PlanAsync(
        $"d{number}", [Web(instances: isRolling ? 2 : 1)], it => it with { KeepWarm = TimeSpan.Zero, Rolling = isRolling }, ("TEST_DATA", machine.Data));

    private static async Task OnlyOneRunsAsync(AppMachine machine, string release)
    {
        Assert.StartsWith(release + " ", await machine.GetAsync(), StringComparison.Ordinal);
        Assert.Equal(ReleaseRole.Live, machine.Release(release)!.Role);
        await Eventually.That(() => machine.AllProcesses().SequenceEqual(machine.PidsOf(release)), "nothing else runs");
    }
}
