using Towpath.Agent.Apps;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;
using static Towpath.Tests.Agent.Apps.AppMachine;

namespace Towpath.Tests.Agent.Apps;

/// <summary>Environments whose own command deploys.</summary>
public sealed class CommandTargetTests
{
    [Fact]
    public async Task The_command_runs_in_the_deploy_layer_with_the_package()
    {
        await using var machine = await AppMachine.StartAsync();
        var list = machine.At("done");
        var deploy = Step($"echo $TOWPATH_ENVIRONMENT run $TOWPATH_RUN $(cat $TOWPATH_PACKAGE/marker) $(ls) >> {list}");
        var plan = await PlanAsync(machine, "d7", new CommandTarget(deploy, UndoMode.None, null, Repeatable: true));

        Succeeded(await machine.CarryOutAsync(_ => new DeployTarget("a", plan)));
        Succeeded(await machine.CarryOutAsync(_ => new DeployTarget("a", plan)));
        Succeeded(await machine.CarryOutAsync(_ => new VerifyTarget("b", plan)));

        Assert.Equal("production run 7 d7 scripts\n", await File.ReadAllTextAsync(list, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Command_of_a_name_that_was_used_for_another_package_is_not_taken_for_done()
    {
        await using var machine = await AppMachine.StartAsync();
        var target = new CommandTarget(Step("true"), UndoMode.None, null, Repeatable: true);
        var plan = await PlanAsync(machine, "d7", target);
        Succeeded(await machine.CarryOutAsync(_ => new DeployTarget("a", plan)));

        var other = plan with { Package = plan.Package with { Digest = plan.Package.App } };
        var ended = await machine.CarryOutAsync(_ => new DeployTarget("a", other));

        Assert.Equal(Outcome.Errored, ended.Outcome);
        Assert.Contains("restored from an older backup", ended.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_must_not_be_repeated_and_did_not_end_before_the_agent_did_is_unknown()
    {
        await using var machine = await AppMachine.StartAsync();
        var (begun, go) = (machine.At("begun"), machine.At("go"));
        var plan = await PlanAsync(machine, "d1", new CommandTarget(
            Step($"echo begun >> {begun}; while [ ! -f {go} ]; do sleep 0.05; done"), UndoMode.None, null, Repeatable: false));
        using var killed = new CancellationTokenSource();
        var first = machine.CarryOutAsync(_ => new DeployTarget("a", plan));
        await Eventually.That(() => File.Exists(begun), "the command runs");

        // What an agent that is killed now leaves on disk: the mark without an answer.
        var commands = machine.At("agent", "apps", "shop", "production", "commands");
        var mark = Assert.Single(Directory.GetFiles(commands));
        var left = await File.ReadAllBytesAsync(mark, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(go, "", TestContext.Current.CancellationToken);
        Succeeded(await first);
        await File.WriteAllBytesAsync(mark, left, TestContext.Current.CancellationToken);
        var ended = await machine.CarryOutAsync(_ => new DeployTarget("a", plan));

        Assert.Equal(Outcome.Unknown, ended.Outcome);
        Assert.Contains("its end was not seen", ended.Reason, StringComparison.Ordinal);
        Assert.Equal("begun\n", await File.ReadAllTextAsync(begun, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_cannot_be_undone_and_took_too_long_is_unknown()
    {
        await using var machine = await AppMachine.StartAsync();
        var endless = Step("sleep 1000") with { Timeout = TimeSpan.FromMilliseconds(200) };
        var plan = await PlanAsync(machine, "d1", new CommandTarget(endless, UndoMode.None, null, Repeatable: true));

        var ended = await machine.CarryOutAsync(_ => new DeployTarget("a", plan));

        Assert.Equal(Outcome.Unknown, ended.Outcome);
        Assert.EndsWith("Nobody knows how far it came.", ended.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_must_not_be_repeated_and_was_cut_by_a_full_disk_is_unknown()
    {
        await using var machine = await AppMachine.StartAsync();
        machine.NoRoomFor = "published";
        var plan = await PlanAsync(machine, "d1", new CommandTarget(Step("echo published; sleep 1000"), UndoMode.None, null, Repeatable: false));

        var ended = await machine.CarryOutAsync(_ => new DeployTarget("a", plan));

        Assert.Equal(Outcome.Unknown, ended.Outcome);
        Assert.Contains("No space left on device", ended.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_that_cannot_be_kept_on_the_disk_is_the_same_answer()
    {
        await using var machine = await AppMachine.StartAsync();
        // Something stands where the next record would be written.
        var deploy = Step($"for mark in {machine.At("agent", "apps", "shop", "production", "commands")}/*.json; do mkdir $mark.new; done");
        var plan = await PlanAsync(machine, "d1", new CommandTarget(deploy, UndoMode.None, null, Repeatable: false));

        Succeeded(await machine.CarryOutAsync(_ => new DeployTarget("a", plan)));
    }

    [Fact]
    public async Task What_must_not_be_repeated_and_could_not_be_started_did_nothing()
    {
        await using var machine = await AppMachine.StartAsync();
        var plan = await PlanAsync(
            machine, "d1", new CommandTarget(Step("true") with { Shell = "nosuchshell" }, UndoMode.None, null, Repeatable: false));

        var ended = await machine.CarryOutAsync(_ => new DeployTarget("a", plan));

        Assert.Equal(Outcome.Errored, ended.Outcome);
    }

    [Fact]
    public async Task Undo_deploys_the_version_before_or_runs_its_own_command()
    {
        await using var machine = await AppMachine.StartAsync();
        var list = machine.At("done");
        var redeploy = new CommandTarget(Step($"cat $TOWPATH_PACKAGE/marker >> {list}"), UndoMode.Redeploy, null, Repeatable: true);
        var command = new CommandTarget(Step("true"), UndoMode.Command, Step($"echo undo of $TOWPATH_RELEASE >> {list}"), Repeatable: true);
        var (first, second, third) =
            (await PlanAsync(machine, "d1", redeploy), await PlanAsync(machine, "d2", redeploy), await PlanAsync(machine, "d3", command));

        Succeeded(await machine.CarryOutAsync(_ => new DeployTarget("a", first)));
        Succeeded(await machine.CarryOutAsync(_ => new DeployTarget("b", second)));
        Succeeded(await machine.CarryOutAsync(_ => new UndoTarget("c", second, first)));
        Succeeded(await machine.CarryOutAsync(_ => new UndoTarget("d", third, first)));
        var ended = await machine.CarryOutAsync(_ => new UndoTarget("e", first, null));

        Assert.Equal("d1d2d1undo of d3\n", await File.ReadAllTextAsync(list, TestContext.Current.CancellationToken));
        Assert.Equal(new StageEnded(Outcome.Failed, "There is no version before it that could be deployed again."), ended);
    }

    [Fact]
    public async Task A_failed_command_answers_the_same_again()
    {
        await using var machine = await AppMachine.StartAsync();
        var plan = await PlanAsync(machine, "d1", new CommandTarget(Step("exit 4"), UndoMode.None, null, Repeatable: false));

        var first = await machine.CarryOutAsync(_ => new DeployTarget("a", plan));
        var again = await machine.CarryOutAsync(_ => new DeployTarget("a", plan));

        Assert.Equal(new StageEnded(Outcome.Failed, "deploy failed: step 'exit 4' ended with exit code 4."), first);
        Assert.Equal(first, again);
    }

    private static Task<ReleasePlan> PlanAsync(AppMachine machine, string release, CommandTarget target) =>
        machine.PlanAsync(release, [], it => it with { Target = target });
}
