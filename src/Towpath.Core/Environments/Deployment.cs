using Towpath.Core.Packages;
using Towpath.Core.Pipelines;

namespace Towpath.Core.Environments;

public enum DeploymentKind
{
    /// <summary>A candidate that came by itself.</summary>
    Deploy,

    /// <summary>What is live, with new settings.</summary>
    Settings,

    /// <summary>A candidate that a person chose.</summary>
    Promote,

    /// <summary>Back to an earlier version, by a person.</summary>
    Rollback,

    /// <summary>Nothing is to run here any more, by a person.</summary>
    Stop,

    /// <summary>What only versions before a live one needed is taken away, by its contract migration.</summary>
    Contract,
}

public enum DeploymentStatus
{
    /// <summary>Known; the environments before this one are not done with the candidate.</summary>
    Offered,

    /// <summary>It could start but for the queue, a hold or a gate.</summary>
    Waiting,
    Starting,
    Checking,
    Shifting,
    Paused,
    RollingBack,
    NeedsDecision,

    /// <summary>It arrived. What is live now is the environment's to say.</summary>
    Live,
    RolledBack,

    /// <summary>The version said no before any traffic had moved.</summary>
    Failed,
    Errored,
    Superseded,
    Outdated,
    Refused,
    Canceled,
}

/// <summary>What an active deployment is doing; each is one command to the agent.</summary>
public enum Stage
{
    Start,
    Check,

    /// <summary>What the live version has answered so far, so that a canary can be compared with it.</summary>
    Survey,

    /// <summary>A share of the traffic, step by step: each measurement is a command.</summary>
    Canary,
    Shift,

    /// <summary>A command target's deploy command.</summary>
    Deploy,

    /// <summary>A command target's verification.</summary>
    Verify,

    /// <summary>Taking back what the stages before did.</summary>
    Withdraw,

    /// <summary>Going back on a command target: the undo command of the version that is taken back.</summary>
    Undo,

    /// <summary>A version's contract migration.</summary>
    Contract,
}

/// <summary>One candidate going into one environment.</summary>
/// <param name="PassedIn">Environments before this one where the candidate became live and was not rolled back since, and since when.</param>
/// <param name="By">The person, or "towpath".</param>
/// <param name="Undoes">For a rollback: the deployment that it takes back.</param>
/// <param name="Settings">Fixed when it starts; new settings of what is live are what they were when it was offered.</param>
/// <param name="Release">What the agent calls the version; fixed when it starts.</param>
/// <param name="Stage">Null while it is not active.</param>
/// <param name="Attempt">Counts the times that this stage was begun, so that a second withdrawal is a command of its own.</param>
/// <param name="Moved">Traffic, or the target, may have been changed.</param>
/// <param name="Conclusion">While it is taken back: what it will have been.</param>
/// <param name="Reason">One sentence: why it waits, is taken back or ended.</param>
/// <param name="Deadline">When the stage is given up.</param>
public sealed record Deployment(
    int Number,
    DeploymentKind Kind,
    Candidate Candidate,
    OrdinalMap<DateTimeOffset> PassedIn,
    string By,
    int? Undoes,
    Settings? Settings,
    string? Release,
    DeploymentStatus Status,
    Stage? Stage,
    int Attempt,
    bool Moved,
    DeploymentStatus? Conclusion,
    string Reason,
    int? SupersededBy,
    DateTimeOffset OfferedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt,
    DateTimeOffset? Deadline)
{
    /// <summary>Null before a canary begins, and for what has none.</summary>
    public CanaryState? Canary { get; init; }

    /// <summary>Since when nothing but the queue, a hold and gates keeps it from starting; null: the environments before are not done.</summary>
    public DateTimeOffset? WaitingSince { get; init; }

    /// <summary>What people said of it, oldest first; whether it counts is up to <see cref="Environments.Approvals"/>.</summary>
    public ValueList<Approval> Approvals { get; init; } = [];

    /// <summary>What webhooks were asked about it, at most one of each.</summary>
    public ValueList<WebhookQuestion> Questions { get; init; } = [];

    /// <summary>Why the person who asked for it passes over windows, freezes, soak time and webhooks; null: they hold.</summary>
    public string? Override { get; init; }

    /// <summary>It was refused because its time was over, and for nothing else.</summary>
    public bool WaitedTooLong { get; init; }

    public bool IsActive => Status is DeploymentStatus.Starting or DeploymentStatus.Checking or DeploymentStatus.Shifting
        or DeploymentStatus.Paused or DeploymentStatus.RollingBack or DeploymentStatus.NeedsDecision;

    public bool IsOver => Status >= DeploymentStatus.Live;

    /// <summary>Nobody asked for it: the rules for automation apply.</summary>
    public bool IsAutomatic => Kind is DeploymentKind.Deploy or DeploymentKind.Settings;

    /// <summary>Gates are asked before it starts. Going back and stopping ask none.</summary>
    public bool IsGated => IsAutomatic || Kind == DeploymentKind.Promote;

    public EnvironmentDefinition? Definition(string environment) => Candidate.Pipeline.Environment(environment);
}
