using System.Globalization;
using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Runs;

namespace Towpath.Engine.Views;

/// <summary>Something that a person did.</summary>
/// <param name="Sequence">Of the event that says so.</param>
/// <param name="Environment">Null: it was done to a run.</param>
/// <param name="What">To follow the person's name: <c>rolled back to run 7</c>.</param>
/// <param name="Why">Empty when no reason was given.</param>
public sealed record AuditView(
    long Sequence, DateTimeOffset At, string Project, string? Environment, int? Run, int? Deployment, string By, string What, string Why)
{
    /// <summary>All events that may say what a person did.</summary>
    internal static IReadOnlyCollection<string> Types { get; } =
    [
        "deployment-offered.v1", "deployment-approved.v1", "rollout-advanced.v1", "went-live.v1", "contracted.v1", "withdrawal-began.v1",
        "deployment-ended.v1", "hold-set.v1", "hold-lifted.v1", "freeze-set.v1", "freeze-lifted.v1", "settings-changed.v1", "run-ended.v1", "retry-requested.v1", "upload-requested.v1",
    ];

    private const string Canceled = "Canceled by ";

    private const string RolledBack = "Rolled back by ";

    /// <summary>The end of a deployment may follow on the person's deed, and says it again.</summary>
    internal bool IsEnd { get; private init; }

    /// <summary>Null: it was no person who did that.</summary>
    internal static AuditView? Of(StreamId stream, Recorded<MachineEvent> recorded)
    {
        return recorded.Event switch
        {
            DeploymentOffered { Kind: not (DeploymentKind.Settings or DeploymentKind.Contract) } offered =>
                Said(offered.By, Offer(offered), offered.Override ?? "", offered.Candidate.Run, offered.Deployment),
            DeploymentApproved approved => Said(approved.By, $"approved deployment {approved.Deployment}", deployment: approved.Deployment),
            RolloutAdvanced advanced => Said(advanced.By, $"let deployment {advanced.Deployment} go on", deployment: advanced.Deployment),
            WentLive { AcceptedBy: { } by } live => Said(by, $"counted deployment {live.Deployment} as live", deployment: live.Deployment),
            Contracted { AcceptedBy: { } by } done => Said(by, $"counted deployment {done.Deployment} as done", deployment: done.Deployment),
            WithdrawalBegan began => Withdrawn(began.Deployment, began.Reason),
            DeploymentEnded ended => Withdrawn(ended.Deployment, ended.Reason) is { } view ? view with { IsEnd = true } : null,
            HoldSet hold => Said(hold.By, "held it", hold.Reason),
            HoldLifted lifted => Said(lifted.By, "resumed it"),
            FreezeSet freeze => Said(freeze.By, $"froze it from {Text(freeze.From)} to {Text(freeze.Until)} UTC", freeze.Reason),
            FreezeLifted lifted => Said(lifted.By, "lifted its freezes"),
            SettingsChanged changed => Said(changed.By, $"changed its settings (revision {changed.Revision})"),
            RunEnded { Status: RunStatus.Canceled } ended when ended.Reason.StartsWith(Canceled, StringComparison.Ordinal) =>
                Said(ended.Reason[Canceled.Length..].TrimEnd('.'), "canceled it"),
            RetryRequested retry => Said(retry.By, $"ran run {retry.RetryOf} again", run: retry.Run),
            UploadRequested upload => Said(upload.By, "uploaded its package", run: upload.Run),
            _ => null,
        };

        AuditView? Said(string by, string what, string why = "", int? run = null, int? deployment = null) => by == EnvironmentMachine.Automation
            ? null
            : new AuditView(recorded.Sequence, recorded.At, stream.Project, stream.Environment, run ?? stream.Run, deployment, by, what, why);

        // Who it was stands only in the reason.
        AuditView? Withdrawn(int deployment, string reason)
        {
            if (reason.StartsWith(Canceled, StringComparison.Ordinal))
                return Said(reason[Canceled.Length..].TrimEnd('.'), $"canceled deployment {deployment}", deployment: deployment);
            if (!reason.StartsWith(RolledBack, StringComparison.Ordinal))
                return null;
            var said = reason[RolledBack.Length..].Split(": ", 2);
            return Said(said[0], $"took deployment {deployment} back", said.Length > 1 ? said[1] : "", deployment: deployment);
        }
    }

    /// <summary>Both say the same of one deployment.</summary>
    internal bool IsOf(AuditView other) =>
        (Project, Environment, Deployment, What) == (other.Project, other.Environment, other.Deployment, other.What);

    private static string Offer(DeploymentOffered offered) => offered.Kind switch
    {
        DeploymentKind.Promote => $"promoted run {offered.Candidate.Run}",
        DeploymentKind.Rollback => $"rolled back to run {offered.Candidate.Run}",
        DeploymentKind.Stop => "stopped it",
        _ => $"deployed run {offered.Candidate.Run}",
    };

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}

/// <param name="Views">Newest first.</param>
/// <param name="Next">From where on the next page is read; null: there is nothing before these.</param>
public sealed record AuditPart(IReadOnlyList<AuditView> Views, long? Next);
