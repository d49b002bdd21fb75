using Towpath.Agent;
using Towpath.Agent.Apps;
using Towpath.Protocol.Agent;
using static Towpath.Tests.Agent.Apps.AppMachine;

namespace Towpath.Tests.Agent.Apps;

/// <summary>What an agent tells people of the processes that it runs, with real ones.</summary>
public sealed class ToldInstancesTests
{
    [Fact]
    public async Task Instances_are_told_with_version_state_start_and_memory()
    {
        await using var machine = await AppMachine.StartAsync();
        Assert.Empty((await ReadAsync(machine)).Hosted);
        var before = DateTimeOffset.UtcNow;
        await machine.DeployAsync(await machine.PlanAsync("d7", [Web(instances: 2), Worker(overlap: true)]));

        var told = await ToldAsync(machine);
        Assert.Equal(
            ["web/0 d7 7 live healthy", "web/1 d7 7 live healthy", "worker/0 d7 7 live healthy"],
            told.Select(one => $"{one.App}/{one.Index} {one.Release} {one.Run} {one.Role} {one.State}").Order(StringComparer.Ordinal));
        Assert.Equal(machine.PidsOf("d7").Select(pid => (uint)pid).Order(), told.Select(one => one.Pid).Order());
        Assert.All(told, one => Assert.InRange(Started(one), before.AddSeconds(-1), DateTimeOffset.UtcNow));
        Assert.All(told, one => Assert.InRange(one.Memory, 1 << 20, 1L << 32));
        Assert.All(told, one => Assert.Equal(one.App == "web", one.Port > 0));
        Assert.All(told, one => Assert.Equal((0u, ""), (one.Restarts, one.Reason)));
    }

    [Fact]
    public async Task An_adopted_instance_runs_since_its_start_and_not_since_the_agents()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1"));
        var started = Started(Assert.Single(await ToldAsync(machine)));
        var restarted = DateTimeOffset.MaxValue;

        await machine.RestartAgentAsync(meanwhile: () => restarted = DateTimeOffset.UtcNow);

        var told = Assert.Single(await ToldAsync(machine));
        Assert.Equal("healthy", told.State);
        Assert.InRange(Started(told), started.AddSeconds(-1), started.AddSeconds(1));
        Assert.True(Started(told) < restarted);
    }

    [Fact]
    public async Task What_crashed_says_how_and_how_often()
    {
        await using var machine = await AppMachine.StartAsync();
        var list = machine.At("starts");
        // Well at first, and after its crash it ends at once.
        await machine.DeployAsync(await machine.PlanAsync(
            "d1", [Web(command: $"echo start >> {list}; if [ $(wc -l < {list}) -gt 1 ]; then exit 3; fi; exec {TestApp}")]));
        Kill(machine.PidsOf("d1").Single());

        var told = new InstanceReport();
        await Eventually.That(async () => (told = Assert.Single(await ToldAsync(machine))) is { State: "restarting", Restarts: > 1 }, "it waits for its next start");
        Assert.StartsWith("ended with exit code 3", told.Reason, StringComparison.Ordinal);
        Assert.Equal((0L, 0u, 0L), (told.StartedAt, told.Pid, told.Memory));
    }

    [Fact]
    public async Task A_candidate_that_answers_badly_is_unhealthy_and_says_nothing_of_what_it_answered()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1"));
        var plan = await machine.PlanAsync("d2", variables: ("TEST_UNHEALTHY_SECONDS", "3600"));
        Succeeded(await machine.StartAsync(plan));
        var checking = machine.CheckAsync(plan);

        await Eventually.That(
            async () => (await ToldAsync(machine)).Any(one => one is { Role: "candidate", State: "unhealthy", Reason: "answered 503 at /healthz" }), "it says so");
        Assert.Equal("healthy", (await ToldAsync(machine)).Single(one => one.Role == "live").State);
        Kill((int)(await ToldAsync(machine)).Single(one => one.Role == "candidate").Pid);
        await checking;
        await Eventually.That(
            async () => (await ToldAsync(machine)).Single(one => one.Role == "candidate") is { State: "ended", Pid: 0, Reason: var reason }
                && reason.StartsWith("ended with exit code 137 (SIGKILL)", StringComparison.Ordinal), "it is not started again");
    }

    [Fact]
    public async Task What_is_replaced_is_kept_warm_and_what_is_taken_down_is_told_no_more()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1"));
        var plan = await machine.DeployAsync(await machine.PlanAsync("d2"));
        Assert.Equal(["d1 warm", "d2 live"], (await ToldAsync(machine)).Select(one => $"{one.Release} {one.Role}").Order(StringComparer.Ordinal));

        Succeeded(await machine.WithdrawAsync(plan, "d1"));
        Assert.Equal("d1 live", Assert.Single((await ToldAsync(machine)).Select(one => $"{one.Release} {one.Role}")));
        Succeeded(await machine.WithdrawAsync(await machine.PlanAsync("d1"), backTo: null));
        Assert.Empty(await ToldAsync(machine));
    }

    [Fact]
    public async Task What_ends_is_stopping_until_it_has_ended()
    {
        await using var machine = await AppMachine.StartAsync();
        var stubborn = Worker(overlap: true) with { StopTimeout = TimeSpan.FromMinutes(1) };
        var plan = await machine.DeployAsync(await machine.PlanAsync("d1", [stubborn], variables: ("TEST_IGNORE_TERM", "1")));
        var (pid, log) = (machine.PidsOf("d1").Single(), machine.Release("d1")!.Instances[0].Log);
        await Eventually.That(() => File.ReadAllText(log).Contains("ignores TERM", StringComparison.Ordinal), "it has its handler");

        var withdrawal = machine.WithdrawAsync(plan, backTo: null);
        await Eventually.That(async () => (await ToldAsync(machine)) is [{ State: "stopping" }], "it is told to end");
        Kill(pid);
        Succeeded(await withdrawal);
        Assert.Empty(await ToldAsync(machine));
    }

    [Fact]
    public async Task Memory_is_that_of_a_shell_with_what_it_started()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1", [Web(command: $"{TestApp}; exit 1")]));
        Assert.InRange(Assert.Single(await ToldAsync(machine)).Memory, 10 << 20, 1L << 32);
        Assert.Equal(0, ProcessTable.Memory(int.MaxValue));
    }

    private static Task<HealthReport> ReadAsync(AppMachine machine) => machine.Host.ReadHealthAsync(TestContext.Current.CancellationToken);

    private static async Task<IReadOnlyList<InstanceReport>> ToldAsync(AppMachine machine)
    {
        var place = Assert.Single((await ReadAsync(machine)).Hosted);
        Assert.Equal(("shop", "production"), (place.Project, place.Environment));
        return place.Instances;
    }

    private static DateTimeOffset Started(InstanceReport told) => DateTimeOffset.UnixEpoch.AddTicks(told.StartedAt * TimeSpan.TicksPerMicrosecond);
}
