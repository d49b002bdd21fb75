using System.Text.Json.Serialization;
using Towpath.Core.Packages;

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
