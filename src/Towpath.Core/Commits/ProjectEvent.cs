using System.Text.Json.Serialization;
using Towpath.Core.Packages;
using Towpath.Core.Pipelines;

namespace Towpath.Core.Commits;

/// <summary>What a project's stream records. The discriminator is the event's name and schema version in the journal.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(PushAnnounced), "push-announced.v1")]
[JsonDerivedType(typeof(RefMoved), "ref-moved.v1")]
[JsonDerivedType(typeof(PushSettled), "push-settled.v1")]
[JsonDerivedType(typeof(RetryRequested), "retry-requested.v1")]
[JsonDerivedType(typeof(UploadRequested), "upload-requested.v1")]
[JsonDerivedType(typeof(RunHandedOver), "run-handed-over.v1")]
[JsonDerivedType(typeof(RunNumbersSkipped), "run-numbers-skipped.v1")]
[JsonDerivedType(typeof(TimePlanned), "time-planned.v1")]
[JsonDerivedType(typeof(TimeUnknown), "time-unknown.v1")]
[JsonDerivedType(typeof(TimeCame), "time-came.v1")]
public abstract record ProjectEvent : MachineEvent;

public sealed record PushAnnounced(string Id, ValueList<RefChange> Changes) : ProjectEvent;

/// <summary>A ref is known to have moved. This event's sequence is the order of the run that it starts.</summary>
/// <param name="Run">The number of the run; null when the ref was deleted or is no branch.</param>
public sealed record RefMoved(string PushId, string Ref, int? Run) : ProjectEvent;

/// <summary>Nothing more is to be expected of this push.</summary>
public sealed record PushSettled(string Id) : ProjectEvent;

public sealed record RetryRequested(int Run, int RetryOf, string By) : ProjectEvent;

public sealed record UploadRequested(int Run, string Commit, Package Package, string By) : ProjectEvent;

public sealed record RunHandedOver(int Run) : ProjectEvent;

/// <summary>Smaller numbers may have been used by runs that the journal has lost.</summary>
/// <param name="Next">The number of the next run.</param>
public sealed record RunNumbersSkipped(int Next) : ProjectEvent;

/// <summary>The schedule's next time, as the time zone database said when it was asked.</summary>
public sealed record TimePlanned(Schedule Schedule, DateTimeOffset At) : ProjectEvent;

/// <summary>The schedule's next time cannot be told, or it came and no run can be started; it is asked for again.</summary>
public sealed record TimeUnknown(Schedule Schedule, string Reason, DateTimeOffset AskAgainAt) : ProjectEvent;

/// <summary>The schedule's time came. What it starts is named by the time: no time comes twice.</summary>
/// <param name="At">The time that was planned, not the moment when it was noticed.</param>
/// <param name="Missed">Times before it that passed while nobody looked, and that start nothing.</param>
/// <param name="Run">Null when there is no commit to build.</param>
public sealed record TimeCame(Schedule Schedule, DateTimeOffset At, int Missed, int? Run) : ProjectEvent;
