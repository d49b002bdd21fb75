using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Runs;

namespace Towpath.Engine.Views;

/// <summary>A run as lists, pages and scripts see it. These names are a promise to scripts.</summary>
/// <param name="Collected">When its package and its logs were removed, as old ones are; null: they are there.</param>
public sealed record RunView(
    string Project,
    int Number,
    string Commit,
    string Subject,
    string Ref,
    long Order,
    string State,
    string Reason,
    bool Deploys,
    int? RetryOf,
    string By,
    IReadOnlyList<JobView>? Jobs,
    PackageView? Package,
    TestsView? Tests,
    DateTimeOffset QueuedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? FinishedAt,
    DateTimeOffset? Collected = null)
{
    /// <summary>What people read of a run whose package and logs are not kept any more.</summary>
    public static string CollectedSentence(int run, DateTimeOffset at) => string.Create(
        CultureInfo.InvariantCulture,
        $"Package and logs of run {run} were removed on {at.UtcDateTime:yyyy-MM-dd}, as those of old runs are.");

    /// <summary>What started it: <c>push</c>, <c>schedule</c>, <c>retry</c> or <c>upload</c>.</summary>
    public string Trigger { get; init; } = "push";

    /// <summary>Null when no schedule started it.</summary>
    public ScheduledView? Schedule { get; init; }

    /// <param name="progress">What agents said of steps under way; null: nothing.</param>
    public static RunView Of(RunState run, Func<string, IReadOnlyList<StepResult>?>? progress = null) => Row(run) with
    {
        Jobs = [.. run.Jobs.Select(job => JobView.Of(run, job, progress))],
    };

    /// <summary>Without the jobs: what a list needs.</summary>
    public static RunView Row(RunState run) => new(
        run.Project, run.Number, run.Request.Commit, run.Request.Subject, run.Request.Ref, run.Request.Order, Word.Of(run.Status), run.Reason,
        run.Request.Deploys, run.Request.RetryOf, run.Request.By, null,
        run.Package is { } package ? new PackageView(package.Digest.ToString(), package.Size) : null,
        TestsView.Of(run), run.QueuedAt, run.StartedAt, run.FinishedAt, run.Collected)
    {
        Trigger = run.Request switch
        {
            { Scheduled: not null } => "schedule",
            { Uploaded: not null } => "upload",
            { RetryOf: not null } => "retry",
            _ => "push",
        },
        Schedule = run.Request.Scheduled is { } scheduled
            ? new ScheduledView(scheduled.Schedule.Cron, scheduled.Schedule.Zone, scheduled.At, scheduled.Missed)
            : null,
    };
}

/// <param name="At">The time of the schedule that it runs for, with the zone's offset.</param>
/// <param name="Missed">Times before it that started nothing: the server was away, its clock was set forward, or its disk was nearly full.</param>
public sealed record ScheduledView(string Cron, string Zone, DateTimeOffset At, int Missed)
{
    /// <summary><c>due Thu 2026-11-26 03:00 +01:00; 2 missed before it</c>, to follow the run's <see cref="RunView.By"/>.</summary>
    public string Words()
    {
        var due = $"due {At.ToString("ddd yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture)}";
        return Missed == 0 ? due : $"{due}; {Missed} missed before it";
    }
}

/// <param name="Attempt">The number of the latest; 0 before the first.</param>
/// <param name="Log">The id of the latest attempt's log; null before the first.</param>
public sealed record JobView(
    string Name,
    string State,
    int Attempt,
    string Reason,
    string? Agent,
    string? Log,
    IReadOnlyList<string> Needs,
    IReadOnlyList<StepView> Steps,
    DateTimeOffset? StartedAt,
    DateTimeOffset? FinishedAt)
{
    internal static JobView Of(RunState run, JobState job, Func<string, IReadOnlyList<StepResult>?>? progress)
    {
        var attempt = job.Attempts.Count > 0 ? job.Attempts[^1] : null;
        var id = attempt is null ? null : RunMachine.AttemptId(run, job, attempt);
        IReadOnlyList<StepResult> steps = attempt is { Steps.Count: > 0 } ? attempt.Steps : (id is null ? null : progress?.Invoke(id)) ?? [];
        var state = attempt is null && run.IsOver ? "skipped" : Word.Of(job.Status);
        return new JobView(
            job.Definition.Name, state, attempt?.Number ?? 0, attempt?.Reason ?? "", attempt?.Agent, id, job.Definition.Needs,
            [.. job.Definition.Steps.Select((step, index) => StepView.Of(step.Name, index < steps.Count ? steps[index] : null, run.IsOver))],
            attempt?.StartedAt, attempt?.FinishedAt);
    }
}

public sealed record StepView(string Name, string State, int? ExitCode, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt)
{
    internal static StepView Of(string name, StepResult? result, bool isOver) => result is null
        ? new StepView(name, isOver ? "skipped" : "queued", null, null, null)
        : new StepView(name, Word.Of(result.Status), result.ExitCode, result.StartedAt, result.FinishedAt);
}

public sealed record PackageView(string Digest, long Size);

/// <summary>Over all jobs, the latest attempt of each.</summary>
public sealed record TestsView(int Passed, int Failed, int Skipped, IReadOnlyList<FailedTest> FailedTests)
{
    internal static TestsView? Of(RunState run)
    {
        var results = run.Jobs.Where(job => job.Attempts.Count > 0).Select(job => job.Attempts[^1].Tests).OfType<TestResults>().ToList();
        return results.Count == 0 ? null : new TestsView(
            results.Sum(result => result.Passed), results.Sum(result => result.Failed), results.Sum(result => result.Skipped),
            [.. results.SelectMany(result => result.FailedTests)]);
    }
}

/// <summary>Enum members as the words that people and scripts read: <c>rolled-back</c>.</summary>
public static class Word
{
    public static string Of<TEnum>(TEnum value) where TEnum : struct, Enum => Words<TEnum>.All[value];

    private static class Words<TEnum> where TEnum : struct, Enum
    {
        public static readonly FrozenDictionary<TEnum, string> All = Enum.GetValues<TEnum>()
            .ToFrozenDictionary(value => value, value => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString()));
    }
}
