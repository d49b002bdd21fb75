using System.Text.Json.Serialization;
using Towpath.Core.Agents;
using Towpath.Core.Packages;

namespace Towpath.Core.Environments;

/// <summary>What an environment's stream records. The discriminator is the event's name and schema version in the journal.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(DeploymentOffered), "deployment-offered.v1")]
[JsonDerivedType(typeof(UpstreamPassed), "upstream-passed.v1")]
[JsonDerivedType(typeof(UpstreamRevoked), "upstream-revoked.v1")]
[JsonDerivedType(typeof(DeploymentApproved), "deployment-approved.v1")]
[JsonDerivedType(typeof(WebhookAsked), "webhook-asked.v1")]
[JsonDerivedType(typeof(WebhookAnswered), "webhook-answered.v1")]
[JsonDerivedType(typeof(DeploymentStarted), "deployment-started.v1")]
[JsonDerivedType(typeof(StageBegan), "stage-began.v1")]
[JsonDerivedType(typeof(TrafficSurveyed), "traffic-surveyed.v1")]
[JsonDerivedType(typeof(TrafficMeasured), "traffic-measured.v1")]
[JsonDerivedType(typeof(ShareRaised), "share-raised.v1")]
[JsonDerivedType(typeof(RolloutPaused), "rollout-paused.v1")]
[JsonDerivedType(typeof(RolloutAdvanced), "rollout-advanced.v1")]
[JsonDerivedType(typeof(WithdrawalBegan), "withdrawal-began.v1")]
[JsonDerivedType(typeof(DecisionNeeded), "decision-needed.v1")]
[JsonDerivedType(typeof(WentLive), "went-live.v1")]
[JsonDerivedType(typeof(Stopped), "stopped.v1")]
[JsonDerivedType(typeof(Contracted), "contracted.v1")]
[JsonDerivedType(typeof(DeploymentEnded), "deployment-ended.v1")]
[JsonDerivedType(typeof(PackageQuarantined), "package-quarantined.v1")]
[JsonDerivedType(typeof(HoldSet), "hold-set.v1")]
[JsonDerivedType(typeof(HoldLifted), "hold-lifted.v1")]
[JsonDerivedType(typeof(FreezeSet), "freeze-set.v1")]
[JsonDerivedType(typeof(FreezeLifted), "freeze-lifted.v1")]
[JsonDerivedType(typeof(SettingsChanged), "settings-changed.v1")]
[JsonDerivedType(typeof(NewsHandedOver), "news-handed-over.v1")]
[JsonDerivedType(typeof(DeploymentNumbersSkipped), "deployment-numbers-skipped.v1")]
public abstract record EnvironmentEvent : MachineEvent;

public sealed record DeploymentOffered(
    int Deployment, DeploymentKind Kind, Candidate Candidate, string? PassedIn, string By, int? Undoes, string? Release, Settings? Settings)
    : EnvironmentEvent
{
    /// <summary>Since when it is live in <see cref="PassedIn"/>; null: since now.</summary>
    public DateTimeOffset? PassedSince { get; init; }

    /// <inheritdoc cref="Deployment.Override"/>
    public string? Override { get; init; }
}

public sealed record UpstreamPassed(int Deployment, string Environment) : EnvironmentEvent
{
    /// <summary>Null: now.</summary>
    public DateTimeOffset? Since { get; init; }
}

public sealed record UpstreamRevoked(int Deployment, string Environment) : EnvironmentEvent;

/// <summary>A person's yes to one plan.</summary>
/// <param name="Replaces">The deployment that it is to replace; 0: none.</param>
/// <param name="Settings">The revision of the settings that it is to bring.</param>
public sealed record DeploymentApproved(int Deployment, string By, int Replaces, int Settings) : EnvironmentEvent;

/// <summary>A gate's webhook is asked, by the agent.</summary>
/// <param name="Gate">Its place among the environment's gates, from 0.</param>
/// <param name="Attempt">From 1.</param>
/// <param name="Until">When it is asked again, if nothing comes.</param>
public sealed record WebhookAsked(int Deployment, int Gate, int Attempt, int Replaces, int Settings, DateTimeOffset Until) : EnvironmentEvent;

/// <param name="Outcome">Succeeded: yes. Failed: no. Unknown: neither.</param>
/// <param name="AskAgainAt">When it was neither.</param>
public sealed record WebhookAnswered(int Deployment, int Gate, Outcome Outcome, string Reason, DateTimeOffset AskAgainAt) : EnvironmentEvent;

/// <param name="Release">A new name, or that of a version which already runs and is the same.</param>
public sealed record DeploymentStarted(int Deployment, string Release, Settings Settings) : EnvironmentEvent;

public sealed record StageBegan(int Deployment, Stage Stage, DateTimeOffset Deadline) : EnvironmentEvent;

/// <summary>What a canary is compared with, before its first request.</summary>
public sealed record TrafficSurveyed(int Deployment, TrafficHistory History) : EnvironmentEvent
{
    /// <summary>What is asked of other sources while the canary is under way, with all names filled in.</summary>
    public ValueList<MetricQuestion> Metrics { get; init; } = [];
}

/// <param name="Bin">Counts the measurements of the deployment, from 1.</param>
/// <param name="Traffic">Null: nothing was counted that says anything.</param>
public sealed record TrafficMeasured(int Deployment, int Bin, TrafficMeasure? Traffic) : EnvironmentEvent
{
    public ValueList<MetricSample> Samples { get; init; } = [];
}

/// <param name="Step">The one that begins: an index into the rollout's steps.</param>
/// <param name="Deadline">When it is given up.</param>
public sealed record ShareRaised(int Deployment, int Step, DateTimeOffset Deadline) : EnvironmentEvent;

/// <summary>A canary stays at its share until a person lets it go on; it is watched meanwhile.</summary>
/// <param name="Deadline">When it is taken back because nobody did.</param>
public sealed record RolloutPaused(int Deployment, string Reason, DateTimeOffset Deadline) : EnvironmentEvent;

/// <summary>A person let it go on.</summary>
public sealed record RolloutAdvanced(int Deployment, string By) : EnvironmentEvent;

/// <param name="Conclusion">What the deployment will have been once it is taken back.</param>
public sealed record WithdrawalBegan(int Deployment, DeploymentStatus Conclusion, string Reason, DateTimeOffset Deadline)
    : EnvironmentEvent;

public sealed record DecisionNeeded(int Deployment, string Reason) : EnvironmentEvent;

/// <summary>The deployment arrived: its version is live now.</summary>
public sealed record WentLive(int Deployment) : EnvironmentEvent
{
    /// <summary>The person who said so, where nobody else knew; null: it was seen.</summary>
    public string? AcceptedBy { get; init; }
}

/// <summary>Nothing runs in the environment any more.</summary>
public sealed record Stopped(int Deployment) : EnvironmentEvent;

/// <summary>A contract migration ended well. What it bars was barred when its stage began.</summary>
public sealed record Contracted(int Deployment) : EnvironmentEvent
{
    /// <summary>As <see cref="WentLive.AcceptedBy"/>.</summary>
    public string? AcceptedBy { get; init; }
}

public sealed record DeploymentEnded(int Deployment, DeploymentStatus Status, string Reason, int? SupersededBy) : EnvironmentEvent
{
    /// <inheritdoc cref="Deployment.WaitedTooLong"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool WaitedTooLong { get; init; }
}

public sealed record PackageQuarantined(Digest Package, int SettingsRevision, int Deployment) : EnvironmentEvent;

public sealed record HoldSet(string By, string Reason) : EnvironmentEvent;

public sealed record HoldLifted(string By) : EnvironmentEvent;

public sealed record FreezeSet(string By, string Reason, DateTimeOffset From, DateTimeOffset Until) : EnvironmentEvent;

/// <summary>All that were set on the server.</summary>
public sealed record FreezeLifted(string By) : EnvironmentEvent;

public sealed record SettingsChanged(int Revision, OrdinalMap<string> Variables, OrdinalMap<int> Secrets, string By) : EnvironmentEvent;

public sealed record NewsHandedOver(string To, int Run, bool Passed) : EnvironmentEvent;

/// <summary>Smaller numbers may have been used by deployments that the journal has lost.</summary>
/// <param name="Next">The number of the next deployment.</param>
public sealed record DeploymentNumbersSkipped(int Next) : EnvironmentEvent;
