using Towpath.Core;
using Towpath.Core.Environments;
using Towpath.Core.Packages;
using Towpath.Core.Pipelines;

namespace Towpath.Simulation.Checkers;

/// <summary>One deployment as the record tells it.</summary>
internal sealed class DeploymentLine
{
    public DeploymentLine(DeploymentOffered offered, DateTimeOffset at)
    {
        (Number, Kind, Candidate, OfferedAt, Settings, Undoes) = (offered.Deployment, offered.Kind, offered.Candidate, at, offered.Settings, offered.Undoes);
        if (offered.PassedIn is { } passed)
            PassedIn.Add(passed);
        Override = offered.Override;
    }

    public int Number { get; }

    public DeploymentKind Kind { get; }

    public Candidate Candidate { get; }

    public DateTimeOffset OfferedAt { get; }

    public int? Undoes { get; }

    public HashSet<string> PassedIn { get; } = new(StringComparer.Ordinal);

    /// <summary>Since when all environments before are done with it.</summary>
    public DateTimeOffset? WaitingSince { get; set; }

    public List<DeploymentApproved> Approvals { get; } = [];

    /// <summary>Gate to the question that was asked last, and its answer.</summary>
    public Dictionary<int, (WebhookAsked Asked, Outcome? Answer)> Questions { get; } = [];

    public string? Override { get; }

    public bool IsGated => IsAutomatic || Kind == DeploymentKind.Promote;

    public Settings? Settings { get; set; }

    public string? Release { get; set; }

    public Stage? Stage { get; set; }

    public int Attempt { get; set; }

    /// <summary>The command that should be in flight for it.</summary>
    public string? CommandId { get; set; }

    public DateTimeOffset? Deadline { get; set; }

    public bool IsMoved { get; set; }

    /// <summary>What it needs was taken away.</summary>
    public bool IsBarred { get; set; }

    /// <summary>When it went live last.</summary>
    public DateTimeOffset LiveSince { get; set; }

    public bool NeedsDecision { get; set; }

    /// <summary>Of a canary, from 0.</summary>
    public int Step { get; set; }

    /// <summary>The measurement that is wanted.</summary>
    public int Bin { get; set; }

    /// <summary>Measurements that told something.</summary>
    public int MeasuredInStep { get; set; }

    public bool IsPaused { get; set; }

    /// <summary>A person has just said that it goes on.</summary>
    public bool IsAdvanced { get; set; }

    public DeploymentStatus? Conclusion { get; set; }

    public DeploymentStatus? Ended { get; set; }

    public bool IsOver => Ended is not null;

    public bool IsBeingTakenBack => Stage == Core.Environments.Stage.Withdraw && !NeedsDecision && !IsOver;

    /// <summary>Nobody asked for it.</summary>
    public bool IsAutomatic => Kind is DeploymentKind.Deploy or DeploymentKind.Settings;

    public EnvironmentDefinition? Definition(string environment)
    {
        foreach (var one in Candidate.Pipeline.Environments)
        {
            if (one.Name == environment)
                return one;
        }

        return null;
    }
}
