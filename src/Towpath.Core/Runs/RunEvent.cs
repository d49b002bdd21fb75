using System.Text.Json.Serialization;
using Towpath.Core.Agents;
using Towpath.Core.Commits;
using Towpath.Core.Packages;

namespace Towpath.Core.Runs;

/// <summary>What a run's stream records. The discriminator is the event's name and schema version in the journal.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(RunCreated), "run-created.v1")]
[JsonDerivedType(typeof(AttemptQueued), "attempt-queued.v1")]
[JsonDerivedType(typeof(AttemptStarted), "attempt-started.v1")]
[JsonDerivedType(typeof(AttemptEnded), "attempt-ended.v1")]
[JsonDerivedType(typeof(PackageStored), "package-stored.v1")]
[JsonDerivedType(typeof(RunEnded), "run-ended.v1")]
[JsonDerivedType(typeof(OfferHandedOver), "offer-handed-over.v1")]
[JsonDerivedType(typeof(RunCollected), "run-collected.v1")]
public abstract record RunEvent : MachineEvent;

public sealed record RunCreated(string Project, RunRequest Request) : RunEvent;

public sealed record AttemptQueued(string Job, int Attempt) : RunEvent;

public sealed record AttemptStarted(string Job, int Attempt, string Agent) : RunEvent;

public sealed record AttemptEnded(string Job, int Attempt, StepStatus Status, JobEnded Answer) : RunEvent;

public sealed record PackageStored(Package Package) : RunEvent;

public sealed record RunEnded(RunStatus Status, string Reason) : RunEvent;

public sealed record OfferHandedOver(string Environment) : RunEvent;

/// <summary>Package, logs and commit may be gone from here on.</summary>
public sealed record RunCollected : RunEvent;
