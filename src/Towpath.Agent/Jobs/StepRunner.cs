using System.ComponentModel;
using System.Diagnostics;
using Towpath.Agent.Logs;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;
using Towpath.Protocol.Processes;

namespace Towpath.Agent.Jobs;

/// <summary>Runs one step and ends every process that it started, however it ends.</summary>
public sealed class StepRunner
{
    private const string Setsid = "/usr/bin/setsid";
    // A single word of a command line cannot be longer: the kernel's MAX_ARG_STRLEN.
    private const int LongestCommand = 128 * 1024 - 1;
    private const string Temporary = "TMPDIR";
    private static readonly TimeSpan DefaultGrace = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LeftoverGrace = TimeSpan.FromSeconds(1);

    private readonly string data;
    private readonly TimeSpan grace;
    private readonly TimeProvider time;
    private readonly bool asRoot = Environment.IsPrivilegedProcess;

    /// <param name="data">Towpath's data folder: hidden in the sandbox, but for what the step is given of it.</param>
    /// <param name="grace">From TERM to KILL; 10 s unless told.</param>
    public StepRunner(SandboxLevel level, string data, TimeSpan? grace = null, TimeProvider? time = null)
    {
        Level = level;
        this.data = RealPath.Of(data);
        this.grace = grace ?? DefaultGrace;
        this.time = time ?? TimeProvider.System;
    }

    public SandboxLevel Level { get; }

    /// <summary>
    /// The step's end. Succeeded with exit code 0; failed with another one, and when it took longer than it may; canceled
    /// when it was called off; errored when it could not be started or its log could not be written.
    /// </summary>
    public async Task<StepResult> RunAsync(StepDefinition step, StepSurroundings surroundings, LogWriter log, CancellationToken cancel)
    {
        var startedAt = time.GetUtcNow();
        StepResult Ended(StepStatus status, string reason, int? exitCode = null) =>
            new(step.Name, status, exitCode, startedAt, time.GetUtcNow(), reason);
        StepResult NotStarted(StepStatus status, string reason) => Ended(status, reason) with { StartedAt = null };

        if (cancel.IsCancellationRequested)
            return NotStarted(StepStatus.Canceled, "canceled");
        surroundings = surroundings with { Environment = EnvironmentOf(step, surroundings) };
        if (Refusal(step, surroundings) is { } refusal)
            return NotStarted(StepStatus.Errored, refusal);
        using var process = new Process { StartInfo = StartOf(step, surroundings) };
        var before = Environment.TickCount64;
        try
        {
            await SpawnThread.StartAsync(process);
        }
        catch (Win32Exception problem)
        {
            return NotStarted(StepStatus.Errored, $"step '{step.Name}' could not be started: {problem.Message}");
        }
        var tree = new ProcessTree(
            process.Id, Level == SandboxLevel.Bubblewrap, $"{ProcessTree.CommandVariable}={surroundings.CommandId}", before, time);
        using var timeout = new CancellationTokenSource(step.Timeout, time);
        using var output = new StepOutput(process, log);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, timeout.Token, output.Broken);
        var completed = await ExitsAsync(process, stop.Token);
        var ended = completed || await tree.EndAsync(grace);
        if (completed && Level == SandboxLevel.ProcessGroup)
            ended = await tree.EndAsync(LeftoverGrace);
        var problemWithLog = await output.FinishAsync();
        if (problemWithLog is not null)
            return Ended(StepStatus.Errored, $"the log could not be written: {problemWithLog}");
        if (!ended)
            return Ended(StepStatus.Errored, $"processes of step '{step.Name}' could not be ended");
        if (completed)
            return ResultOf(step, process.ExitCode, output, Ended);
        return cancel.IsCancellationRequested
            ? Ended(StepStatus.Canceled, "canceled")
            : Ended(StepStatus.Failed, $"step '{step.Name}' took longer than {DurationText.OfLimit(step.Timeout)}");
    }

    private static StepResult ResultOf(
        StepDefinition step, int exitCode, StepOutput output, Func<StepStatus, string, int?, StepResult> ended)
    {
        if (exitCode == 0)
            return ended(StepStatus.Succeeded, "", 0);
        // What bubblewrap says of itself comes before the step has said anything.
        if (exitCode == 1 && output.SandboxProblem is { } problem)
            return ended(StepStatus.Errored, $"the sandbox of step '{step.Name}' could not be set up: {problem}", null) with { StartedAt = null };
        var signal = exitCode > 128 ? exitCode - 128 : 0;
        var by = signal switch { 6 => " (ABRT)", Signals.Kill => " (KILL)", 11 => " (SEGV)", Signals.Terminate => " (TERM)", _ => "" };
        // What a shell answers when it does not find what it shall run.
        if (exitCode == 127)
            by = ": a command is not installed where jobs run, or its path is wrong (the log names it)";
        return ended(StepStatus.Failed, $"step '{step.Name}' ended with exit code {exitCode}{by}", exitCode);
    }

    private static async Task<bool> ExitsAsync(Process process, CancellationToken stop)
    {
        try
        {
            await process.WaitForExitAsync(stop);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private Dictionary<string, string> EnvironmentOf(StepDefinition step, StepSurroundings surroundings)
    {
        var environment = new Dictionary<string, string>(surroundings.Environment, StringComparer.Ordinal);
        foreach (var (name, value) in step.Env)
            environment[name] = value;
        environment[ProcessTree.CommandVariable] = surroundings.CommandId;
        environment[ProcessTree.OwnerVariable] = data;
        return environment;
    }

    private static string? Refusal(StepDefinition step, StepSurroundings surroundings)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(step.Run) > LongestCommand)
            return $"the command of step '{step.Name}' is longer than 128 KiB: put it into a file of the repository";
        if (!Directory.Exists(surroundings.Folder))
            return $"the folder '{surroundings.Folder}' that step '{step.Name}' runs in does not exist";
        var folders = step.Shell.Contains('/') ? [""] : surroundings.Environment.GetValueOrDefault("PATH", "").Split(':');
        var found = folders.Any(folder => File.Exists(Path.Combine(folder, step.Shell)));
        return found ? null : $"the shell '{step.Shell}' of step '{step.Name}' is not installed on this machine";
    }

    private ProcessStartInfo StartOf(StepDefinition step, StepSurroundings surroundings)
    {
        List<string> words = [];
        // A session of its own: Ctrl-C in the agent's terminal is the agent's to handle.
        if (File.Exists(Setsid))
            words.Add(Setsid);
        if (Level == SandboxLevel.Bubblewrap)
            words.AddRange(Bubblewrap.Words(data, Real(surroundings), asRoot));
        words.AddRange([step.Shell, "-e", "-c", step.Run]);
        var start = new ProcessStartInfo(words[0], words.Skip(1))
        {
            WorkingDirectory = surroundings.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in surroundings.Environment)
            start.Environment[name] = value;
        // The same folder under its short name: some tools make sockets there, whose paths may not be long.
        if (Level == SandboxLevel.Bubblewrap && surroundings.Environment.ContainsKey(Temporary))
            start.Environment[Temporary] = "/tmp";
        return start;
    }

    // Bubblewrap mounts on names without links only.
    private static StepSurroundings Real(StepSurroundings surroundings) => surroundings with
    {
        Folder = RealPath.Of(surroundings.Folder),
        Writable = [.. surroundings.Writable.Select(RealPath.Of)],
        Readable = [.. (surroundings.Readable ?? []).Select(RealPath.Of)],
    };
}
