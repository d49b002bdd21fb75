using System.ComponentModel;
using System.Globalization;
using Towpath.Agent.Logs;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Runs;

namespace Towpath.Agent.Jobs;

/// <summary>Carries out one attempt of a job: workspace, inputs, steps in order, reports, outputs.</summary>
/// <param name="agent">This agent's name, for the log.</param>
public sealed class JobRunner(StepRunner steps, ArchiveStore store, string agent, TimeProvider? clock = null)
{
    // Files' times are as coarse as the kernel's tick.
    private static readonly TimeSpan FileTimeGrain = TimeSpan.FromSeconds(1);
    private readonly TimeProvider time = clock ?? TimeProvider.System;
    private readonly JobArchives archives = new(store);

    /// <summary>
    /// Never throws for what a job or a machine can do. Failed: a step, a test, a missing output, a report that cannot be
    /// read, the job's timeout. Errored: no workspace, no sandbox, a full disk, or <paramref name="cancel"/>.
    /// </summary>
    /// <param name="prepare">Makes the workspace. The caller removes it afterwards.</param>
    /// <param name="secrets">NAME to value: variables of every step.</param>
    public async Task<JobEnded> RunAsync(
        RunJob job,
        Func<CancellationToken, Task<Workspace>> prepare,
        IReadOnlyDictionary<string, string> secrets,
        LogWriter log,
        Action<AgentProgress> progress,
        CancellationToken cancel)
    {
        var attempt = new Attempt(job, progress);
        using var timeout = new CancellationTokenSource(job.Job.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, timeout.Token);
        JobEnded ended;
        try
        {
            ended = await RunAsync(attempt, prepare, secrets, log, either.Token);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            ended = attempt.Ended(Outcome.Errored, "canceled");
        }
        catch (JobRefusedException problem)
        {
            ended = attempt.Ended(Outcome.Failed, problem.Message);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or WorkspaceException or Win32Exception)
        {
            ended = attempt.Ended(Outcome.Errored, problem.Message);
        }
        if (cancel.IsCancellationRequested)
            ended = attempt.Ended(Outcome.Errored, "canceled");
        else if (timeout.IsCancellationRequested && ended.Outcome != Outcome.Succeeded)
            ended = attempt.Ended(Outcome.Failed, $"job '{job.Job.Name}' took longer than {DurationText.OfLimit(job.Job.Timeout)}");
        Say(log, $"job '{job.Job.Name}' {Word(ended.Outcome)}{(ended.Reason.Length > 0 ? ": " : "")}{ended.Reason}");
        return ended;
    }

    private async Task<JobEnded> RunAsync(
        Attempt attempt,
        Func<CancellationToken, Task<Workspace>> prepare,
        IReadOnlyDictionary<string, string> secrets,
        LogWriter log,
        CancellationToken cancel)
    {
        var job = attempt.Job;
        var sandbox = SandboxName.Of(steps.Level);
        log.Say($"job '{job.Job.Name}' of run {job.Run}, attempt {job.Attempt}, on agent '{agent}', sandbox: {sandbox}");
        var workspace = await prepare(cancel);
        // A working tree has what the jobs before left in it.
        if (workspace.IsFresh)
            await archives.UnpackAsync(job.Inputs, workspace.Folder, cancel);
        var begun = time.GetUtcNow().UtcDateTime;
        await RunStepsAsync(attempt, SurroundingsOf(job, workspace, secrets), log, cancel);
        var reports = job.Job.TestReports.Count == 0
            ? new(null, null)
            : TestReportFiles.Read(workspace.Folder, job.Job.TestReports, workspace.IsFresh ? null : begun - FileTimeGrain, cancel);
        attempt.Tests = reports.Results;
        if (reports.Results is { } tests)
            SayTests(log, tests);
        if (attempt.Stopped is { } stopped)
            return attempt.Ended(stopped.Status == StepStatus.Failed ? Outcome.Failed : Outcome.Errored, stopped.Reason);
        if (reports.Error is { } unreadable)
            return attempt.Ended(Outcome.Failed, unreadable);
        if (job.Job.TestReports.Count > 0 && reports.Results is null)
            return attempt.Ended(Outcome.Failed, $"job '{job.Job.Name}' reports tests, but no file matches {Quoted(job.Job.TestReports)}");
        if (reports.Results is { Failed: > 0 and var failed })
            return attempt.Ended(Outcome.Failed, failed == 1 ? "1 test failed" : $"{failed} tests failed");
        attempt.Outputs = await archives.StoreAsync(job.Job, workspace, cancel);
        return attempt.Ended(Outcome.Succeeded, "");
    }

    private async Task RunStepsAsync(Attempt attempt, StepSurroundings surroundings, LogWriter log, CancellationToken cancel)
    {
        var definitions = attempt.Job.Job.Steps;
        for (var index = 0; index < definitions.Count; index++)
        {
            var step = definitions[index];
            var before = time.GetTimestamp();
            log.Say($"step {index + 1} of {definitions.Count}: {step.Name}");
            attempt.Moved(index, new(step.Name, StepStatus.Running, null, time.GetUtcNow(), null));
            var result = await steps.RunAsync(step, surroundings, log, cancel);
            attempt.Moved(index, result);
            if (result.Status != StepStatus.Succeeded)
                return;
            log.Say($"step '{step.Name}' succeeded after {DurationText.OfMeasured(time.GetElapsedTime(before))}");
        }
    }

    private static StepSurroundings SurroundingsOf(RunJob job, Workspace workspace, IReadOnlyDictionary<string, string> secrets)
    {
        var environment = CleanEnvironment.Create(workspace.Home, workspace.Temporary);
        foreach (var (name, value) in job.Job.Env.Concat(secrets))
            environment[name] = value;
        environment["TOWPATH_PROJECT"] = job.Project;
        environment["TOWPATH_RUN"] = job.Run.ToString(CultureInfo.InvariantCulture);
        environment["TOWPATH_COMMIT"] = job.Commit;
        environment["TOWPATH_REF"] = job.Ref;
        environment["TOWPATH_JOB"] = job.Job.Name;
        environment["TOWPATH_ATTEMPT"] = job.Attempt.ToString(CultureInfo.InvariantCulture);
        return new(workspace.Folder, environment, [workspace.Folder, workspace.Home, workspace.Temporary], job.Id, workspace.Readable);
    }

    // A disk that is full already made the job errored; it need not hide that.
    private static void Say(LogWriter log, string text)
    {
        try
        {
            log.Say(text);
        }
        catch (IOException)
        {
        }
    }

    private static void SayTests(LogWriter log, TestResults tests)
    {
        log.Say($"tests: {tests.Passed} passed, {tests.Failed} failed, {tests.Skipped} skipped");
        foreach (var test in tests.FailedTests)
            log.Say($"failed test: {test.Name}");
    }

    private static string Word(Outcome outcome) => outcome switch
    {
        Outcome.Succeeded => "succeeded",
        Outcome.Failed => "failed",
        _ => "errored",
    };

    private static string Quoted(IEnumerable<string> patterns) => string.Join(" or ", patterns.Select(pattern => $"'{pattern}'"));

    /// <summary>What has happened so far.</summary>
    private sealed class Attempt
    {
        private readonly StepResult[] results;
        private readonly Action<AgentProgress> progress;

        public Attempt(RunJob job, Action<AgentProgress> progress)
        {
            Job = job;
            this.progress = progress;
            results = [.. job.Job.Steps.Select(step => new StepResult(step.Name, StepStatus.Queued, null, null, null))];
        }

        public RunJob Job { get; }

        public TestResults? Tests { get; set; }

        public OrdinalMap<StoredOutput> Outputs { get; set; } = OrdinalMap<StoredOutput>.Empty;

        /// <summary>The step that ended the job early.</summary>
        public StepResult? Stopped =>
            results.FirstOrDefault(result => result.Status is StepStatus.Failed or StepStatus.Errored or StepStatus.Canceled);

        public void Moved(int index, StepResult result)
        {
            results[index] = result;
            progress(new StepMoved(index, result));
        }

        public JobEnded Ended(Outcome outcome, string reason) => new(
            outcome,
            reason,
            [.. results.Select(result => result.Status == StepStatus.Queued ? result with { Status = StepStatus.Skipped } : result)],
            Tests,
            Outputs);
    }
}
