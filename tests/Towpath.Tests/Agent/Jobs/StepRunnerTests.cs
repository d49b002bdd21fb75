using System.Diagnostics;
using Towpath.Agent;
using Towpath.Agent.Jobs;
using Towpath.Agent.Logs;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;
using Towpath.Tests.Agent.Logs;

namespace Towpath.Tests.Agent.Jobs;

public sealed class StepRunnerTests : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);
    private static int commands;
    private readonly TestFolder data = new();
    private readonly RecordedLog log = new();
    private readonly string workspace;
    private readonly string command = $"test/{Environment.ProcessId}/{Interlocked.Increment(ref commands)}";

    public StepRunnerTests()
    {
        workspace = data.At("agent", "work", "w");
        foreach (var folder in (string[])[workspace, data.At("home"), data.At("tmp")])
            Directory.CreateDirectory(folder);
    }

    public static TheoryData<SandboxLevel> Levels { get; } = [SandboxLevel.Bubblewrap, SandboxLevel.ProcessGroup];

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Bubblewrap_is_found_to_work_here() => Assert.Equal(SandboxLevel.Bubblewrap, await Bubblewrap.ProbeAsync(data.Path));

    [Theory, MemberData(nameof(Levels))]
    public async Task Step_that_ends_with_0_succeeded_and_its_output_is_in_the_log(SandboxLevel level)
    {
        var result = await RunAsync(level, "echo out; echo err >&2; printf 'no end'");

        Assert.Equal((StepStatus.Succeeded, 0, ""), (result.Status, result.ExitCode, result.Reason));
        Assert.Equal("out\nno end", log.Output);
        Assert.Equal("err", log.Of(LogChannel.Error));
        Assert.True(result.FinishedAt >= result.StartedAt);
    }

    [Theory, MemberData(nameof(Levels))]
    public async Task Step_that_ends_with_another_code_failed_and_says_which(SandboxLevel level)
    {
        var result = await RunAsync(level, "exit 3");

        Assert.Equal((StepStatus.Failed, 3, "step 'it' ended with exit code 3"), (result.Status, result.ExitCode, result.Reason));
    }

    [Theory, MemberData(nameof(Levels))]
    public async Task Step_whose_command_is_not_installed_says_so(SandboxLevel level)
    {
        var result = await RunAsync(level, "no-such-command --version");

        Assert.Equal((StepStatus.Failed, 127), (result.Status, result.ExitCode));
        Assert.Contains("not installed where jobs run", result.Reason, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Levels))]
    public async Task Failing_line_ends_the_step(SandboxLevel level)
    {
        var result = await RunAsync(level, "false\necho still here");

        Assert.Equal(StepStatus.Failed, result.Status);
        Assert.Equal("", log.Output);
    }

    [Theory, MemberData(nameof(Levels))]
    public async Task Step_reads_an_empty_input(SandboxLevel level)
    {
        var result = await RunAsync(level, "cat; echo read");

        Assert.Equal(StepStatus.Succeeded, result.Status);
        Assert.Equal("read", log.Output);
    }

    [Theory, MemberData(nameof(Levels))]
    public async Task Environment_is_clean_and_the_steps_own_wins(SandboxLevel level)
    {
        Environment.SetEnvironmentVariable("AGENTS_OWN", "secret-of-the-agent");
        var surroundings = Surroundings(new() { ["COLOR"] = "red", ["SHAPE"] = "round" });

        await Runner(level).RunAsync(Step("env", env: new() { ["COLOR"] = "blue" }), surroundings, log.Writer, Cancel);

        var names = log.Output.Split('\n').Where(line => line.Contains('=', StringComparison.Ordinal)).Select(line => line.Split('=')[0]);
        var expected = surroundings.Environment.Keys.Concat(["PWD", "TOWPATH_COMMAND", "TOWPATH_STEP_OF", "OLDPWD", "SHLVL", "_"]);
        Assert.Empty(names.Except(expected));
        Assert.Contains("COLOR=blue", log.Output, StringComparison.Ordinal);
        Assert.Contains("SHAPE=round", log.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-of-the-agent", log.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task First_process_of_the_sandbox_knows_nothing_of_the_agents_environment()
    {
        Environment.SetEnvironmentVariable("AGENTS_OWN", "secret-of-the-agent");

        var result = await RunAsync(SandboxLevel.Bubblewrap, "tr '\\0' '\\n' < /proc/1/environ; cat /proc/1/cmdline");

        Assert.Equal(StepStatus.Succeeded, result.Status);
        Assert.Contains($"TOWPATH_COMMAND={command}", log.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-of-the-agent", log.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_folder_is_not_there_in_the_sandbox_but_for_what_the_step_is_given()
    {
        File.WriteAllText(data.At("endpoint.json"), "token");
        File.WriteAllText(data.At("git", "shop.git", "objects", "abc"), "object");
        var surroundings = Surroundings() with { Readable = [data.At("git", "shop.git", "objects")] };

        var result = await Runner(SandboxLevel.Bubblewrap).RunAsync(
            Step($"cd {data.Path}; find . -type f; cat git/shop.git/objects/abc; ! touch git/shop.git/objects/new 2>/dev/null"),
            surroundings,
            log.Writer,
            Cancel);

        Assert.Equal((StepStatus.Succeeded, "./git/shop.git/objects/abc\nobject"), (result.Status, log.Output));
    }

    [Theory, MemberData(nameof(Levels))]
    public async Task Temporary_files_go_where_they_were_meant_to(SandboxLevel level)
    {
        await RunAsync(level, "echo $TMPDIR; echo kept > $TMPDIR/file");

        Assert.Equal(level == SandboxLevel.Bubblewrap ? "/tmp" : data.At("tmp"), log.Output);
        Assert.Equal("kept\n", await File.ReadAllTextAsync(data.At("tmp", "file"), Cancel));
    }

    [Fact]
    public async Task Only_the_workspace_the_home_and_the_temporary_folder_can_be_written_in_the_sandbox()
    {
        var result = await RunAsync(
            SandboxLevel.Bubblewrap,
            "touch here $HOME/there /tmp/temporary; for f in /etc /var/tmp /usr; do ! touch $f/towpath-was-here 2>/dev/null; done");

        Assert.Equal(StepStatus.Succeeded, result.Status);
        string[] written = [Path.Combine(workspace, "here"), data.At("home", "there"), data.At("tmp", "temporary")];
        Assert.All(written, file => Assert.True(File.Exists(file)));
    }

    [Theory, MemberData(nameof(Levels))]
    public async Task Daemon_that_left_its_session_and_closed_its_output_ends_on_cancel(SandboxLevel level)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var running = Runner(level).RunAsync(Step(Daemon + "sleep 1000"), Surroundings(), log.Writer, cancel.Token);
        await Eventually.That(() => File.Exists(Path.Combine(workspace, "daemon")), "the daemon runs");
        var alive = Survivors();

        await cancel.CancelAsync();
        var result = await running;

        Assert.True(alive >= 2, "the daemon and its step were seen running");
        Assert.Equal((StepStatus.Canceled, "canceled"), (result.Status, result.Reason));
        Assert.Null(result.ExitCode);
        Assert.Equal(0, Survivors());
    }

    [Theory, MemberData(nameof(Levels))]
    public async Task Daemon_ends_with_its_step_on_timeout(SandboxLevel level)
    {
        var step = Step(Daemon + "sleep 1000", TimeSpan.FromSeconds(1.5));

        var result = await Runner(level).RunAsync(step, Surroundings(), log.Writer, Cancel);

        Assert.Equal((StepStatus.Failed, "step 'it' took longer than 1.5 s"), (result.Status, result.Reason));
        Assert.True(File.Exists(Path.Combine(workspace, "daemon")));
        Assert.Equal(0, Survivors());
    }

    [Theory, MemberData(nameof(Levels))]
    public async Task Daemon_that_holds_the_output_does_not_keep_the_step_from_ending(SandboxLevel level)
    {
        var result = await RunAsync(level, "setsid sh -c 'trap \"\" TERM HUP; while :; do sleep 1000; done' & echo done");

        Assert.Equal((StepStatus.Succeeded, "done"), (result.Status, log.Output));
        await Eventually.That(() => Survivors() == 0, "the daemon is gone");
    }

    [Theory, MemberData(nameof(Levels))]
    public async Task Step_that_ignores_TERM_is_killed_after_the_grace(SandboxLevel level)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var running = Runner(level).RunAsync(
            Step("trap '' TERM; touch ready; while :; do sleep 1000 || :; done"), Surroundings(), log.Writer, cancel.Token);
        await Eventually.That(() => File.Exists(Path.Combine(workspace, "ready")), "the step runs");

        await cancel.CancelAsync();

        Assert.Equal(StepStatus.Canceled, (await running).Status);
        Assert.Equal(0, Survivors());
    }

    [Theory, MemberData(nameof(Levels))]
    public async Task Step_may_tidy_up_when_it_is_called_off(SandboxLevel level)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var running = Runner(level).RunAsync(
            Step("trap 'echo tidy; touch tidied; exit 1' TERM; sleep 1000 & touch ready; wait"),
            Surroundings(),
            log.Writer,
            cancel.Token);
        await Eventually.That(() => File.Exists(Path.Combine(workspace, "ready")), "the step runs");

        await cancel.CancelAsync();

        Assert.Equal(StepStatus.Canceled, (await running).Status);
        Assert.True(File.Exists(Path.Combine(workspace, "tidied")));
        Assert.Equal("tidy", log.Output);
    }

    [Theory, MemberData(nameof(Levels))]
    public async Task Cancel_before_the_start_starts_nothing(SandboxLevel level)
    {
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();

        var result = await Runner(level).RunAsync(Step("touch started"), Surroundings(), log.Writer, cancel.Token);

        Assert.Equal(StepStatus.Canceled, result.Status);
        Assert.False(File.Exists(Path.Combine(workspace, "started")));
    }

    [Fact]
    public async Task Step_whose_shell_is_missing_is_errored_and_says_so()
    {
        var step = Step("true") with { Shell = "no-such-shell" };

        var result = await Runner(SandboxLevel.Bubblewrap).RunAsync(step, Surroundings(), log.Writer, Cancel);

        Assert.Equal(StepStatus.Errored, result.Status);
        Assert.Equal("the shell 'no-such-shell' of step 'it' is not installed on this machine", result.Reason);
    }

    [Fact]
    public async Task Sandbox_that_cannot_be_set_up_is_the_machinerys_fault()
    {
        var surroundings = Surroundings() with { Readable = [data.At("not-there")] };

        var result = await Runner(SandboxLevel.Bubblewrap).RunAsync(Step("true"), surroundings, log.Writer, Cancel);

        Assert.Equal(StepStatus.Errored, result.Status);
        Assert.StartsWith("the sandbox of step 'it' could not be set up: ", result.Reason, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Levels))]
    public async Task Log_that_cannot_be_written_ends_the_step_as_errored(SandboxLevel level)
    {
        var full = new LogWriter((_, _, _, _) => throw new IOException("No space left on device"));

        var result = await Runner(level).RunAsync(Step("echo one; sleep 1000"), Surroundings(), full, Cancel);

        Assert.Equal((StepStatus.Errored, "the log could not be written: No space left on device"), (result.Status, result.Reason));
        Assert.Equal(0, Survivors());
    }

    [Fact]
    public async Task What_a_killed_agent_left_is_ended_at_the_next_start_and_nothing_else()
    {
        using var elsewhere = new TestFolder();
        using var others = Process.Start(new ProcessStartInfo("sleep", ["1000"])
        {
            Environment = { ["TOWPATH_STEP_OF"] = elsewhere.Path },
        })!;
        using var left = Process.Start(new ProcessStartInfo("setsid", ["sh", "-c", "trap '' TERM; sleep 1000"])
        {
            Environment = { ["TOWPATH_STEP_OF"] = data.Path },
        })!;

        var ended = await ProcessTree.EndLeftoversAsync(data.Path, Grace, TimeProvider.System);

        Assert.True(ended);
        await left.WaitForExitAsync(Cancel);
        Assert.False(others.HasExited);
        others.Kill();
    }

    // Forks twice, leaves the session, closes its input and output, ignores TERM: and says in a file when it is there.
    private const string Daemon =
        "(setsid sh -c '(trap \"\" TERM HUP; exec </dev/null >/dev/null 2>&1; touch daemon; while :; do sleep 1000 || :; done) &') & " +
        "while [ ! -e daemon ]; do sleep 0.01; done; ";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private int Survivors()
    {
        var mark = System.Text.Encoding.UTF8.GetBytes($"TOWPATH_COMMAND={command}");
        return ProcessTable.All().Count(entry => !entry.IsZombie && ProcessTable.HasVariable(entry.Id, mark) == true);
    }

    private StepRunner Runner(SandboxLevel level) => new(level, data.Path, Grace);

    private Task<StepResult> RunAsync(SandboxLevel level, string run) =>
        Runner(level).RunAsync(Step(run), Surroundings(), log.Writer, Cancel);

    private static StepDefinition Step(string run, TimeSpan? timeout = null, Dictionary<string, string>? env = null) =>
        new("it", run, OrdinalMap<string>.From(env ?? []), timeout ?? TimeSpan.FromMinutes(1), "sh");

    private StepSurroundings Surroundings(Dictionary<string, string>? more = null)
    {
        var environment = CleanEnvironment.Create(data.At("home"), data.At("tmp"));
        foreach (var (name, value) in more ?? [])
            environment[name] = value;
        return new(workspace, environment, [workspace, data.At("home"), data.At("tmp")], command);
    }
}
