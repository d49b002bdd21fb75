using Towpath.Agent;
using Towpath.Agent.Apps;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;
using static Towpath.Tests.Agent.Apps.AppMachine;

namespace Towpath.Tests.Agent.Apps;

/// <summary>What runs goes on, whatever happens to it, to the agent or to the machine.</summary>
public sealed class SupervisionTests
{
    [Fact]
    public async Task A_crashed_instance_is_started_again_on_a_new_port()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1", [Web(instances: 2)]));
        var before = machine.Release("d1")!.Instances;

        Kill(before[0].Pid);

        await Eventually.That(
            () => machine.Release("d1")!.Instances is [var first, var second]
                && first.Standing == InstanceStanding.Healthy && second.Standing == InstanceStanding.Healthy
                && first.Pid != before[0].Pid && second.Pid == before[1].Pid,
            "the crashed instance is back, the other one was left alone");
        Assert.Contains("web/0 ended with exit code 137 (SIGKILL)", machine.Events(), StringComparison.Ordinal);
        var answered = new HashSet<string>();
        await Eventually.That(
            async () => answered.Add((await machine.GetAsync()).Split(' ')[1]) || answered.Count == 2, "both instances get requests again");
        Assert.Equal(1, machine.Release("d1")!.Instances[0].Restarts);
    }

    [Fact]
    public async Task An_adopted_instance_that_crashes_is_started_again_too()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1"));
        await machine.RestartAgentAsync();
        var pid = machine.PidsOf("d1").Single();

        Kill(pid);

        await Eventually.That(async () => await machine.GetAsync() is var answer && answer.StartsWith("d1", StringComparison.Ordinal)
            && !answer.EndsWith($" {pid}", StringComparison.Ordinal), "another process answers");
    }

    [Fact]
    public async Task An_instance_that_keeps_crashing_is_started_with_growing_pauses()
    {
        await using var machine = await AppMachine.StartAsync();
        var list = machine.At("starts");
        // Well at first, and after its crash it ends at once.
        var command = $"echo start >> {list}; if [ $(wc -l < {list}) -gt 1 ]; then exit 1; fi; exec {TestApp}";
        await machine.DeployAsync(await machine.PlanAsync("d1", [Web(command: command)]));

        Kill(machine.PidsOf("d1").Single());

        await Eventually.That(
            () => machine.Events() is var events
                && new[] { "0.2", "1", "2" }.All(pause => events.Contains($"started again in {pause} s", StringComparison.Ordinal)),
            "the pauses grow");
        Assert.Equal("503", await machine.GetAsync());
    }

    [Fact]
    public async Task A_restarted_agent_adopts_what_runs_and_no_request_is_lost()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1", [Web(instances: 2)]));
        await machine.DeployAsync(await machine.PlanAsync("d2", [Web(instances: 2)]));
        var pids = machine.PidsOf("d1").Concat(machine.PidsOf("d2")).ToList();
        await using var load = Load.On(machine);

        await machine.RestartAgentAsync();
        await machine.RestartAgentAsync();

        Assert.Equal(pids, machine.PidsOf("d1").Concat(machine.PidsOf("d2")));
        Assert.All(machine.Release("d2")!.Instances, instance => Assert.Equal(InstanceStanding.Healthy, instance.Standing));
        await load.EndsWithoutFailureAsync(answeredOnlyBy: "d2");
    }

    [Fact]
    public async Task After_a_reboot_everything_comes_back_without_the_server()
    {
        await using var machine = await AppMachine.StartAsync();
        var plan = await machine.PlanAsync("d1", [Web(instances: 2), Worker(overlap: false)], it => it with { Secrets = ["API_KEY"] });
        Succeeded(await machine.StartAsync(plan, ("API_KEY", "open-sesame")));
        Succeeded(await machine.ShiftAsync(plan));
        var pids = machine.PidsOf("d1").ToList();

        await machine.RestartAgentAsync(meanwhile: () => pids.ForEach(Kill));

        await Eventually.That(
            () => machine.Release("d1")!.Instances.Count(instance => instance.Standing == InstanceStanding.Healthy) == 3, "all are back");
        await Eventually.That(async () => await machine.GetAsync("/env?name=API_KEY") == "open-sesame", "the secret came from the disk");
        Assert.Empty(machine.PidsOf("d1").Intersect(pids));
    }

    [Fact]
    public async Task A_stage_that_was_interrupted_goes_on_where_it_was()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1"));
        var plan = await machine.PlanAsync("d2");
        Succeeded(await machine.StartAsync(plan));
        var pid = machine.PidsOf("d2").Single();

        await machine.RestartAgentAsync();
        Succeeded(await machine.StartAsync(plan));
        Succeeded(await machine.CheckAsync(plan));
        await machine.RestartAgentAsync();
        Succeeded(await machine.ShiftAsync(plan));
        await machine.RestartAgentAsync();
        Succeeded(await machine.ShiftAsync(plan));

        Assert.Equal($"d2 0 {pid}", await machine.GetAsync());
        Assert.Equal(ReleaseRole.Warm, machine.Release("d1")!.Role);
    }

    [Fact]
    public async Task A_candidate_that_went_with_the_machine_is_started_again_for_its_check()
    {
        await using var machine = await AppMachine.StartAsync();
        var plan = await machine.PlanAsync("d1");
        Succeeded(await machine.StartAsync(plan));
        var pids = machine.PidsOf("d1").ToList();

        await machine.RestartAgentAsync(meanwhile: () =>
        {
            pids.ForEach(Kill);
            var state = machine.At("agent", "apps", "shop", "production", "state.json");
            File.WriteAllText(state, File.ReadAllText(state).Replace(ProcessTable.BootId(), "another boot", StringComparison.Ordinal));
        });
        await Eventually.That(() => machine.PidsOf("d1").Any(), "it is started again");

        Succeeded(await machine.CheckAsync(plan));
    }

    [Fact]
    public async Task A_candidate_that_crashed_while_no_agent_looked_has_crashed()
    {
        await using var machine = await AppMachine.StartAsync();
        var plan = await machine.PlanAsync("d1");
        Succeeded(await machine.StartAsync(plan));
        var pid = machine.PidsOf("d1").Single();

        await machine.RestartAgentAsync(meanwhile: () => Kill(pid));

        var ended = await machine.CheckAsync(plan);
        Assert.Equal(Outcome.Failed, ended.Outcome);
        Assert.StartsWith("web/0 ended (with which exit code is not known", ended.Reason, StringComparison.Ordinal);
        // Asked to start, it starts: that is another try, of whoever asks.
        Succeeded(await machine.StartAsync(plan));
        Succeeded(await machine.CheckAsync(plan));
    }

    [Fact]
    public async Task A_candidate_that_crashed_between_two_measurements_while_no_agent_looked_is_not_measured_again()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1"));
        var plan = await machine.PlanAsync("d2");
        Succeeded(await machine.StartAsync(plan));
        Succeeded(await machine.CheckAsync(plan));
        var measure = new MeasureTraffic("", plan, "d1", Share: 0.5, Sticky: false, For: TimeSpan.FromMilliseconds(50), Edges: []);
        Assert.Equal(Outcome.Succeeded, (await machine.CarryOutAsync(id => measure with { Id = id })).Outcome);
        var pid = machine.PidsOf("d2").Single();

        await machine.RestartAgentAsync(meanwhile: () => Kill(pid));

        var ended = await machine.CarryOutAsync(id => measure with { Id = id });
        Assert.Equal(Outcome.Failed, ended.Outcome);
        Assert.EndsWith("while it got requests.", ended.Reason, StringComparison.Ordinal);
        Succeeded(await machine.WithdrawAsync(plan, "d1"));
        Assert.StartsWith("d1 ", await machine.GetAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopping_ends_daemons_that_left_their_session()
    {
        await using var machine = await AppMachine.StartAsync();
        var plan = await machine.DeployAsync(await machine.PlanAsync("d1", variables: [("TEST_DAEMON", "1"), ("TEST_DATA", machine.Data)]));
        Assert.Equal(2, machine.AllProcesses().Count);

        Succeeded(await machine.WithdrawAsync(plan, backTo: null));

        Assert.Empty(machine.AllProcesses());
    }

    [Fact]
    public async Task An_app_that_ignores_term_is_killed_after_its_stop_timeout()
    {
        await using var machine = await AppMachine.StartAsync();
        var stubborn = Worker(overlap: true) with { StopTimeout = TimeSpan.FromMilliseconds(200) };
        var plan = await machine.DeployAsync(await machine.PlanAsync("d1", [stubborn], variables: ("TEST_IGNORE_TERM", "1")));
        var (pid, log) = (machine.PidsOf("d1").Single(), machine.Release("d1")!.Instances[0].Log);
        await Eventually.That(() => File.ReadAllText(log).Contains("ignores TERM", StringComparison.Ordinal), "it has its handler");

        Succeeded(await machine.WithdrawAsync(plan, backTo: null));

        Assert.False(IsAlive(pid));
        Assert.Contains(
            "d1/worker/0 did not end within 0.2 s after TERM and was ended by KILL", machine.Events(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_was_started_and_not_recorded_is_ended_by_the_next_agent()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1", variables: ("TEST_DATA", machine.Data)));
        var state = machine.At("agent", "apps", "shop", "production", "state.json");
        var recorded = await File.ReadAllBytesAsync(state, TestContext.Current.CancellationToken);
        Succeeded(await machine.StartAsync(await machine.PlanAsync("d2", variables: ("TEST_DATA", machine.Data))));
        var stray = machine.PidsOf("d2").Single();

        await machine.RestartAgentAsync(meanwhile: () => File.WriteAllBytes(state, recorded));

        Assert.False(IsAlive(stray));
        Assert.Equal(machine.PidsOf("d1"), machine.AllProcesses());
    }

    [Fact]
    public async Task Down_ends_everything_and_up_brings_it_back()
    {
        await using var machine = await AppMachine.StartAsync();
        (string, string)[] variables = [("TEST_DATA", machine.Data), ("TEST_DAEMON", "1")];
        await machine.DeployAsync(await machine.PlanAsync("d1", [Web(), Worker(overlap: true)], variables: variables));
        Assert.Equal(4, machine.AllProcesses().Count);

        await machine.Host.StopAllAsync();
        Assert.Empty(machine.AllProcesses());
        await machine.RestartAgentAsync();

        await Eventually.That(async () => (await machine.GetAsync()).StartsWith("d1 ", StringComparison.Ordinal), "it answers again");
    }

    [Fact]
    public async Task Only_one_agent_works_in_a_folder()
    {
        await using var machine = await AppMachine.StartAsync();

        var refused = Assert.Throws<IOException>(() => new AppHost(machine.Options));

        Assert.Contains("there can be only one", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_state_is_named_and_the_others_go_on()
    {
        await using var machine = await AppMachine.StartAsync();
        var plan = await machine.DeployAsync(await machine.PlanAsync("d1"));
        var state = machine.At("agent", "apps", "shop", "production", "state.json");
        var pid = machine.PidsOf("d1").Single();
        var sound = await File.ReadAllBytesAsync(state, TestContext.Current.CancellationToken);

        await machine.RestartAgentAsync(meanwhile: () => File.WriteAllText(state, "{ \"version\": 1, "));
        var ended = await machine.StartAsync(plan);

        Assert.Equal(Outcome.Errored, ended.Outcome);
        Assert.StartsWith($"{state} cannot be read", ended.Reason, StringComparison.Ordinal);
        Assert.Equal($"d1 0 {pid}", await machine.GetAsync());
        await machine.RestartAgentAsync(meanwhile: () => File.WriteAllBytes(state, sound));
        Assert.Equal([pid], machine.PidsOf("d1"));
    }
}
