using System.Globalization;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;
using Towpath.Core.Runs;
using Towpath.Engine.Git;
using Towpath.Engine.Views;

namespace Towpath.Server.Git;

/// <summary>Tells a run's way from its first step to the last environment, line by line: what is new since it was last asked.</summary>
/// <param name="address">Of the server, without a slash at its end.</param>
internal sealed class Journey(string address, string project, int run)
{
    private const int Width = 44;
    private const int TestsShown = 20;

    private readonly HashSet<string> told = new(StringComparer.Ordinal);
    private readonly List<string> lines = [];

    public int Run => run;

    private string Page => $"{address}/{project}";

    /// <summary>Nothing more is going to happen by itself.</summary>
    public bool IsOver { get; private set; }

    public IReadOnlyList<string> Tell(
        RunState state, DateTimeOffset now, Func<string, EnvironmentState?> environment, Func<string, IReadOnlyList<StepResult>?>? progress)
    {
        lines.Clear();
        var view = RunView.Of(state, progress);
        foreach (var job in view.Jobs ?? [])
            TellJob(job);
        if (view.Tests is { } tests && state.IsOver)
            TellTests(tests);
        if (view.Package is { } package)
            Once("package", $"  ✓ package {package.Digest["sha256:".Length..][..12]} ({Size(package.Size)})");
        if (!state.IsOver)
            return lines;
        if (state.Candidate is null)
            return End(state.Status == RunStatus.Succeeded ? "succeeded; there is nothing to deploy" : $"{view.State}: {view.Reason}");

        var places = state.Pipeline.Environments
            .Select(definition => (Definition: definition, At: DeploymentIn(environment(definition.Name), now)))
            .ToList();
        foreach (var (definition, at) in places)
        {
            if (at is not null)
                TellDeployment(definition.Name, at, EnvironmentView.UrlOf(environment(definition.Name)!) ?? "", state.Pipeline);
        }

        if (!IsSettled(places))
            return lines;
        var live = places.Where(place => place.At?.State == "live").Select(place => place.Definition.Name).ToList();
        var rest = places.Where(place => place.At?.State != "live")
            .Select(place => $"{place.Definition.Name} {place.At?.State ?? "not reached"}")
            .ToList();
        var parts = live.Count > 0 ? rest.Prepend($"live in {string.Join(", ", live)}") : rest;
        return End(string.Join("; ", parts));
    }

    private List<string> End(string how)
    {
        IsOver = true;
        lines.Add($"run {run} of {project}: {how}");
        return lines;
    }

    private void TellJob(JobView job)
    {
        var name = job.Attempt > 1 ? $"{job.Name} (attempt {job.Attempt})" : job.Name;
        for (var i = 0; i < job.Steps.Count; i++)
        {
            var step = job.Steps[i];
            var line = $"{name} › {PlainText.Line(step.Name, 60)}";
            var key = $"{name}/{i}";
            if (step.State == "running")
                Once(key + "/running", $"  · {line}");
            else if (step.State is not ("queued" or "skipped"))
                Once(key, Row(Mark(step.State), line, Took(step.StartedAt, step.FinishedAt), CodeOf(step)));
        }

        if (job is not { State: "failed" or "errored" or "canceled", Attempt: > 0 })
            return;
        Once($"{name}/end", $"  ✗ {name} {job.State}: {PlainText.Line(job.Reason, 300)}");
        if (job.State != "canceled")
            Once($"{name}/log", $"    log: towpath logs --project {project} --run {run} --job {job.Name}  ({Page}/runs/{run})");
    }

    private void TellTests(TestsView tests)
    {
        if (!told.Add("tests"))
            return;
        lines.Add($"  {(tests.Failed > 0 ? '✗' : '✓')} tests: {tests.Passed} passed, {tests.Failed} failed, {tests.Skipped} skipped");
        foreach (var test in tests.FailedTests.Take(TestsShown))
        {
            lines.Add($"    ✗ {PlainText.Line(test.Name, 160)}");
            if (test.Message.Length > 0)
                lines.Add($"      {PlainText.Line(test.Message, 200)}");
        }

        if (tests.FailedTests.Count > TestsShown)
            lines.Add($"    and {tests.FailedTests.Count - TestsShown} more");
    }

    private void TellDeployment(string name, DeploymentView deployment, string url, Pipeline pipeline)
    {
        var width = pipeline.Environments.Max(one => one.Name.Length);
        var isOver = deployment.EndedAt is not null;
        var said = deployment.State == "live" ? url : PlainText.Line(deployment.Reason, 300);
        var took = isOver ? Took(deployment.StartedAt, deployment.EndedAt) : "";
        var row = Row(Mark(deployment.State), $"{name.PadRight(width)}  {deployment.State}", took, said);
        Once($"{name}/{deployment.State}/{deployment.Reason}", row);
        if (deployment.State is "failed" or "errored" or "rolled-back" or "needs-decision")
            Once($"{name}/log", $"    log: towpath logs --project {project} --env {name}  ({Page}/environments/{name})");
        if (deployment.State == "waiting" && deployment.Gates.Any(gate => gate is { Name: "approval", State: "waiting" }))
            Once(
                $"{name}/approve",
                $"    approve: towpath approve --project {project} --env {name} --deployment {deployment.Number}  ({Page}/environments/{name})");
    }

    /// <summary>At a gate that may stay as it is for days: the push does not wait for that.</summary>
    private static bool IsAtGate(DeploymentView? deployment) => deployment is { State: "waiting" }
        && deployment.Gates.Any(gate => gate is { State: "waiting", Name: "approval" or "window" or "freeze" });

    /// <summary>The deployment that brings the run's candidate by itself; what a person does afterwards is another story.</summary>
    private DeploymentView? DeploymentIn(EnvironmentState? environment, DateTimeOffset now) => environment is null ? null
        : environment.Deployments.Where(deployment => deployment.Kind == DeploymentKind.Deploy && deployment.Candidate.Run == run)
            .MaxBy(deployment => (deployment.IsOver, deployment.Number)) is { } found
            ? DeploymentView.Of(environment, found, now)
            : null;

    /// <summary>
    /// Every environment is done with the candidate, waits for a person or a time, or comes after one that the candidate did not get
    /// through.
    /// </summary>
    private static bool IsSettled(List<(EnvironmentDefinition Definition, DeploymentView? At)> places)
    {
        var closed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (definition, at) in places)
        {
            var isBehindClosed = definition.After.Any(closed.Contains);
            var isStuck = at is { State: "needs-decision" } or { EndedAt: not null, State: not "live" } || IsAtGate(at);
            if (isStuck || (at is null && isBehindClosed))
                closed.Add(definition.Name);
            else if (at?.State != "live" && !isBehindClosed)
                return false;
        }

        return true;
    }

    private void Once(string key, string line)
    {
        if (told.Add(key))
            lines.Add(line);
    }

    private static string Row(char mark, string what, string took, string note) =>
        $"  {mark} {what.PadRight(Width)} {took,9}  {note}".TrimEnd();

    private static string CodeOf(StepView step) => step.ExitCode is > 0 and var code ? $"exit code {code}" : "";

    private static char Mark(string state) => state switch
    {
        "succeeded" or "live" => '✓',
        "failed" or "errored" or "rolled-back" or "refused" or "needs-decision" => '✗',
        "canceled" or "superseded" or "outdated" or "skipped" => '-',
        _ => '·',
    };

    private static string Took(DateTimeOffset? from, DateTimeOffset? to) => from is { } start && to is { } end
        ? (end - start) is var took && took < TimeSpan.FromMinutes(1)
            ? string.Create(CultureInfo.InvariantCulture, $"{took.TotalSeconds:0.0} s")
            : $"{(int)(end - start).TotalMinutes} min {(end - start).Seconds} s"
        : "";

    private static string Size(long bytes) => bytes switch
    {
        < 1000 => $"{bytes} B",
        < 1000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.0} kB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
    };
}
