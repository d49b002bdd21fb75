using System.Globalization;
using Towpath.Core.Pipelines;

namespace Towpath.Core.Environments;

/// <summary>
/// Yes from people. It is said of one plan: this candidate, what it replaces, these settings. When one of them changes, it does not
/// count any more, and when it changes back, it does again.
/// </summary>
public static class Approvals
{
    /// <summary>Approvals of one deployment that stay known.</summary>
    private const int Kept = 100;

    /// <summary>What a deployment would replace, as approvals name it: the deployment that is live, or on its way there; 0: nothing is.</summary>
    public static int Replaces(EnvironmentState state) => state.Active switch
    {
        { Kind: DeploymentKind.Stop, Conclusion: null, Status: not DeploymentStatus.NeedsDecision } => 0,
        null or { Status: DeploymentStatus.RollingBack or DeploymentStatus.NeedsDecision } => state.Live?.Deployment ?? 0,
        var active => active.Number,
    };

    /// <summary>The revision of the settings that a deployment would bring.</summary>
    public static int Settings(EnvironmentState state, Deployment deployment) => (deployment.Settings ?? state.Settings).Revision;

    /// <summary>The gate at which a deployment waits for a person's yes; null: at none, or the environments before are not done with it yet.</summary>
    public static GateStanding? Awaited(EnvironmentState state, Deployment deployment, DateTimeOffset now) => deployment.Status == DeploymentStatus.Waiting
        ? Environments.Gates.Missing(state, deployment, now).FirstOrDefault(standing => standing.Gate is ApprovalGate)
        : null;

    internal static Decision<EnvironmentEvent> Decide(EnvironmentState state, ApproveDeployment approve)
    {
        if (Refusal(state, approve) is { } refusal)
            return Decision<EnvironmentEvent>.Refuse(refusal);
        var deployment = state.Deployment(approve.Deployment)!;
        return (ValueList<EnvironmentEvent>)
            [new DeploymentApproved(deployment.Number, approve.By, Replaces(state), Settings(state, deployment))];
    }

    /// <summary>That a person asks for a deployment is that person's approval, and what was said of the same candidate before stays said.</summary>
    internal static IEnumerable<EnvironmentEvent> OfPromotion(EnvironmentState state, Deployment offered, int number, string by)
    {
        if (Gates(state, offered).Count == 0)
            return [];
        var before = offered.IsOver ? [] : offered.Approvals.Where(approval => approval.By != by)
            .Select(approval => new DeploymentApproved(number, approval.By, approval.Replaces, approval.Settings));
        var own = new DeploymentApproved(number, by, Replaces(state), state.Settings.Revision);
        return Gates(state, offered).Any(gate => gate.Takes(by)) ? before.Append(own) : before;
    }

    internal static ValueList<Approval> With(ValueList<Approval> known, DeploymentApproved approved, DateTimeOffset at)
    {
        var approval = new Approval(approved.By, approved.Replaces, approved.Settings, at);
        return known.Any(other => IsSame(other, approval)) ? known : known.Append(approval).TakeLast(Kept).ToValueList();
    }

    internal static GateStanding Standing(EnvironmentState state, Deployment deployment, ApprovalGate gate)
    {
        var counted = Counted(state, deployment, gate);
        if (counted.Count >= gate.People)
            return new(gate, gate.Name, true, () => $"Approved by {And(counted)}.", null, null);
        return new(gate, gate.Name, false, () => WhyMissing(state, deployment, gate, counted), null, null);
    }

    private static string WhyMissing(EnvironmentState state, Deployment deployment, ApprovalGate gate, List<string> counted)
    {
        var missing = gate.People - counted.Count;
        var by = gate.By.Count == 0 ? "" : $" of {string.Join(", ", gate.By)}";
        var wanted = missing == 1 && gate.People == 1 ? $"It waits for an approval{by}."
            : counted.Count == 0 ? $"It waits for the approval of {gate.People} people{by}."
            : $"It waits for the approval of {missing} more {(missing == 1 ? "person" : "people")}{by}; {And(counted)} approved it.";
        var voided = deployment.Approvals.Where(approval => gate.Takes(approval.By) && !counted.Contains(approval.By))
            .GroupBy(approval => approval.By).Select(said => $" {said.Key}'s approval does not count: it was for {Plan(state, deployment, said.Last())}.");
        return wanted + string.Concat(voided);
    }

    private static string? Refusal(EnvironmentState state, ApproveDeployment approve)
    {
        if (state.Deployment(approve.Deployment) is not { } deployment)
            return $"'{state.Name}' has no deployment {approve.Deployment}.";
        var name = $"Deployment {deployment.Number} of '{state.Name}'";
        if (deployment.IsOver)
            return $"{name} is over: there is nothing to approve.";
        if (deployment.IsActive)
            return $"{name} is under way already: it needs no approval any more.";
        var gates = Gates(state, deployment);
        if (gates.Count == 0)
            return $"{name} waits for no approval: its pipeline file asks for none.";
        if (deployment.Status == DeploymentStatus.Offered)
            return $"{deployment.Reason} Approve it once it is.";
        var own = gates.Where(gate => gate.Takes(approve.By)).ToList();
        if (own.Count == 0)
            return $"{name} waits for {string.Join(", ", gates.SelectMany(gate => gate.By).Distinct())}: an approval by {approve.By} does not count.";
        if ((approve.Replaces ?? Replaces(state)) != Replaces(state) || (approve.Settings ?? Settings(state, deployment)) != Settings(state, deployment))
            return $"{name} is not what you looked at any more: now it is for {Plan(state, deployment, Replaces(state), Settings(state, deployment))}. Look again, and approve that.";
        if (!own.Any(gate => !Counted(state, deployment, gate).Contains(approve.By)))
            return $"{approve.By} has approved deployment {deployment.Number} already.";
        return null;
    }

    private static List<ApprovalGate> Gates(EnvironmentState state, Deployment deployment) =>
        deployment.IsGated ? [.. (deployment.Definition(state.Name)?.Gates ?? []).OfType<ApprovalGate>()] : [];

    private static List<string> Counted(EnvironmentState state, Deployment deployment, ApprovalGate gate)
    {
        var (replaces, settings) = (Replaces(state), Settings(state, deployment));
        return
        [
            .. deployment.Approvals.Where(approval => approval.Replaces == replaces && approval.Settings == settings && gate.Takes(approval.By))
                .Select(approval => approval.By).Distinct(),
        ];
    }

    private static bool IsSame(Approval one, Approval other) => (one.By, one.Replaces, one.Settings) == (other.By, other.Replaces, other.Settings);

    private static string Plan(EnvironmentState state, Deployment deployment, Approval approval) =>
        Plan(state, deployment, approval.Replaces, approval.Settings);

    private static string Plan(EnvironmentState state, Deployment deployment, int replaces, int settings)
    {
        var run = state.Deployment(replaces);
        var what = replaces == 0 ? "a first version" : run is null ? $"replacing deployment {replaces}" : $"replacing run {run.Candidate.Run} (deployment {replaces})";
        return settings == Settings(state, deployment) && settings == state.Settings.Revision
            ? what
            : string.Create(CultureInfo.InvariantCulture, $"{what}, with revision {settings} of the settings");
    }

    private static string And(List<string> names) => names.Count == 1 ? names[0] : $"{string.Join(", ", names.SkipLast(1))} and {names[^1]}";
}

/// <summary>A person's yes.</summary>
/// <param name="Replaces">The deployment that was to be replaced; 0: none.</param>
/// <param name="Settings">The revision that was to go with it.</param>
public sealed record Approval(string By, int Replaces, int Settings, DateTimeOffset At);
