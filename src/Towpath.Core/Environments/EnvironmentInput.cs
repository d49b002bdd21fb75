using Towpath.Core.Agents;
using Towpath.Core.Packages;

namespace Towpath.Core.Environments;

/// <summary>What happens to an environment.</summary>
public abstract record EnvironmentInput : MachineInput;

/// <summary>A candidate is there. Idempotent on the candidate's run.</summary>
/// <param name="PassedIn">The environment where it just became live; null: straight from its run.</param>
public sealed record OfferCandidate(Candidate Candidate, string? PassedIn) : EnvironmentInput;

/// <summary>
/// Candidates were rolled back in an environment before this one. All at once: told of one, it would start another that is to be told next.
/// </summary>
public sealed record RevokeCandidates(ValueList<Candidate> Candidates, string RolledBackIn) : EnvironmentInput;

/// <summary>The agent's answer to a stage's command.</summary>
public sealed record StageAnswered(string CommandId, Outcome Outcome, string Reason) : EnvironmentInput
{
    /// <inheritdoc cref="StageEnded.History"/>
    public TrafficHistory? History { get; init; }

    /// <inheritdoc cref="StageEnded.Traffic"/>
    public TrafficMeasure? Traffic { get; init; }

    /// <inheritdoc cref="StageEnded.Samples"/>
    public ValueList<MetricSample> Samples { get; init; } = [];
}

/// <summary>Deploy a chosen candidate, also an older one; then the environment is held.</summary>
public sealed record Promote(int Run, string By) : EnvironmentInput
{
    /// <inheritdoc cref="Deployment.Override"/>
    public string? Override { get; init; }
}

/// <summary>A person's yes to a deployment that waits for it.</summary>
/// <param name="Replaces">The deployment that the person has seen it replace; null: whatever it does.</param>
/// <param name="Settings">The revision of the settings that the person has seen it bring; null: whichever.</param>
public sealed record ApproveDeployment(int Deployment, string By, int? Replaces, int? Settings) : EnvironmentInput;

/// <summary>Nothing starts by itself, or because it is promoted, in that time.</summary>
public sealed record FreezeEnvironment(string By, string Reason, DateTimeOffset From, DateTimeOffset Until) : EnvironmentInput;

/// <summary>Lift all freezes that were set on the server.</summary>
public sealed record UnfreezeEnvironment(string By) : EnvironmentInput;

/// <summary>Go back to the version before; while a deployment runs, back to what is live.</summary>
public sealed record RollBackEnvironment(string By, string Reason) : EnvironmentInput
{
    /// <summary>The run to go back to, behind all that came after it; null: the version before.</summary>
    public int? To { get; init; }
}

/// <summary>End what runs here.</summary>
public sealed record StopEnvironment(string By) : EnvironmentInput;

public sealed record CancelDeployment(int Deployment, string By) : EnvironmentInput;

/// <summary>Let a canary go on now, whatever it waits for.</summary>
/// <param name="ToEnd">True: all traffic moves. False: the next step.</param>
public sealed record AdvanceDeployment(int Deployment, bool ToEnd, string By) : EnvironmentInput;

/// <summary>A person's decision on a deployment that needs one: it counts as live.</summary>
public sealed record AcceptDeployment(int Deployment, string By) : EnvironmentInput;

public sealed record HoldEnvironment(string By, string Reason) : EnvironmentInput;

public sealed record ResumeEnvironment(string By) : EnvironmentInput;

/// <param name="Variables">Name to value; null removes it.</param>
/// <param name="Secrets">Name to whether it is set (true) or removed (false); the value itself is kept elsewhere.</param>
public sealed record ChangeSettings(OrdinalMap<string?> Variables, OrdinalMap<bool> Secrets, string By) : EnvironmentInput;

/// <summary>The journal was restored from a backup: what happened here since then is not known.</summary>
/// <param name="Reason">Says which backup it was; for people.</param>
public sealed record RestoreEnvironment(string Reason) : EnvironmentInput;

/// <summary>The later environment has recorded the news of these runs.</summary>
public sealed record HandOverTaken(string To, ValueList<int> Runs, bool Passed) : EnvironmentInput;

/// <summary>A deadline may have passed.</summary>
public sealed record EnvironmentClock : EnvironmentInput;
