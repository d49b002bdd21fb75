using Towpath.Core.Packages;
using Towpath.Core.Pipelines;

namespace Towpath.Core.Commits;

/// <summary>A repository that Towpath follows: its refs, the pushes whose fate is open, and the runs it asked for.</summary>
/// <param name="DefaultBranch">The full ref whose commits are deployed: the first branch that was pushed.</param>
/// <param name="Refs">Full ref to commit, branches only.</param>
/// <param name="Pushes">Announced by git and not yet known to be done or given up, by push id.</param>
/// <param name="Requests">Runs that were asked for, oldest first; the last <see cref="ProjectMachine.RequestsKept"/> and all that are not handed over.</param>
public sealed record ProjectState(
    string Name,
    string? DefaultBranch,
    OrdinalMap<string> Refs,
    OrdinalMap<Push> Pushes,
    ValueList<RunRequest> Requests,
    int NextRun) : MachineState
{
    /// <summary>Those of the newest commit of the default branch.</summary>
    public ValueList<ScheduleState> Schedules { get; init; } = [];

    /// <summary>A request for the newest commit of the default branch; null before its first push.</summary>
    public RunRequest? Newest => DefaultBranch is { } branch && Refs.Find(branch) is { } commit ? ProjectMachine.RequestFor(this, commit) : null;

    public static ProjectState Empty(string name) =>
        new(name, null, OrdinalMap<string>.Empty, OrdinalMap<Push>.Empty, ValueList<RunRequest>.Empty, 1);
}

/// <summary>A schedule and how far it has come.</summary>
/// <param name="Since">All its times up to this one are done with.</param>
/// <param name="Next">The time that it waits for; null while it cannot be told, or came when no run could be started.</param>
/// <param name="Problem">Why it is null; else empty.</param>
/// <param name="AskAgainAt">When it is asked for again; null when it is known or was not asked for yet.</param>
public sealed record ScheduleState(Schedule Schedule, DateTimeOffset Since, DateTimeOffset? Next, string Problem, DateTimeOffset? AskAgainAt)
{
    /// <summary>Where times are done with, earliest end first; one ends at <see cref="Since"/>. A clock that was wrong leaves others.</summary>
    public ValueList<Stretch> Came { get; init; } = [];
}

/// <summary>No time of a schedule from the first moment to the last starts a run any more.</summary>
public sealed record Stretch(DateTimeOffset First, DateTimeOffset Last);

/// <summary>What a schedule started a run for.</summary>
/// <param name="At">The time that came.</param>
/// <param name="Missed">Times before it that started nothing.</param>
public sealed record ScheduledFor(Schedule Schedule, DateTimeOffset At, int Missed);

/// <param name="AnnouncedAt">When git asked; the push's fate is asked of the repository when no answer comes.</param>
public sealed record Push(ValueList<RefChange> Changes, DateTimeOffset AnnouncedAt);

/// <summary>One ref that a push moves.</summary>
/// <param name="Old">Null when the ref is new.</param>
/// <param name="New">Null when the ref is deleted.</param>
/// <param name="Subject">First line of the new commit's message.</param>
/// <param name="Pipeline">The definition at the new commit, already validated; null for refs that start no run.</param>
public sealed record RefChange(string Ref, string? Old, string? New, string Subject, Pipeline? Pipeline);

/// <summary>What a run is made of; handed to the run's own stream.</summary>
/// <param name="Deploys">False on other branches than the default one: they build and test only.</param>
/// <param name="RetryOf">The run whose commit, definition and order this one takes again.</param>
/// <param name="Uploaded">A package that was built elsewhere; then the run has no jobs to do.</param>
/// <param name="HandedOver">The run's stream has it.</param>
public sealed record RunRequest(
    int Number,
    string Commit,
    string Ref,
    string Subject,
    long Order,
    bool Deploys,
    Pipeline Pipeline,
    int? RetryOf,
    Package? Uploaded,
    string By,
    DateTimeOffset At,
    bool HandedOver)
{
    /// <summary>Null when no schedule started it.</summary>
    public ScheduledFor? Scheduled { get; init; }
}
