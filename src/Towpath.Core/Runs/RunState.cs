using Towpath.Core.Agents;
using Towpath.Core.Commits;
using Towpath.Core.Packages;
using Towpath.Core.Pipelines;

namespace Towpath.Core.Runs;

public enum RunStatus
{
    Queued,
    Running,
    Succeeded,

    /// <summary>The work said no.</summary>
    Failed,

    /// <summary>The machinery could not do the work.</summary>
    Errored,
    Canceled,
}

/// <summary>One ref update's way to a package.</summary>
/// <param name="Request">What it builds; fixed for ever when the run is created.</param>
/// <param name="Jobs">As in the pipeline, with their attempts.</param>
/// <param name="Reason">One sentence once it ended without success; else empty.</param>
/// <param name="HandedOver">Environments that have this run's candidate.</param>
/// <param name="Collected">Since when its package and its logs may be gone; null: they are kept.</param>
public sealed record RunState(
    string Project,
    RunRequest Request,
    RunStatus Status,
    string Reason,
    DateTimeOffset QueuedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? FinishedAt,
    ValueList<JobState> Jobs,
    Package? Package,
    ValueList<string> HandedOver,
    DateTimeOffset? Collected = null) : MachineState
{
    public int Number => Request.Number;

    public Pipeline Pipeline => Request.Pipeline;

    public bool IsOver => Status is not (RunStatus.Queued or RunStatus.Running);

    /// <summary>What the environments are offered; null as long as there is no package, or for a branch that does not deploy.</summary>
    public Candidate? Candidate => Package is { } package && Request.Deploys && Status == RunStatus.Succeeded
        ? new Candidate(Number, Request.Order, Request.Commit, Request.Subject, package, Pipeline)
        : null;

    public JobState Job(string name) => Jobs.First(job => job.Definition.Name == name);
}

public sealed record JobState(JobDefinition Definition, ValueList<AttemptState> Attempts)
{
    /// <summary>Queued until the first attempt starts; then as the last attempt.</summary>
    public StepStatus Status => Attempts.Count == 0 ? StepStatus.Queued : Attempts[^1].Status;

    public bool HasSucceeded => Status == StepStatus.Succeeded;

    public bool IsActive => Status is StepStatus.Running || (Attempts.Count > 0 && Status == StepStatus.Queued);

    /// <summary>No attempt is left.</summary>
    public bool IsLost => Status is StepStatus.Failed or StepStatus.Errored && Attempts.Count > Definition.Retry;
}

/// <summary>One try of a job.</summary>
/// <param name="Number">From 1.</param>
public sealed record AttemptState(
    int Number,
    StepStatus Status,
    string? Agent,
    string Reason,
    DateTimeOffset QueuedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? FinishedAt,
    ValueList<StepResult> Steps,
    TestResults? Tests,
    OrdinalMap<StoredOutput> Outputs);
