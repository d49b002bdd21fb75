using Towpath.Core.Pipelines;

namespace Towpath.Core.Environments;

/// <summary>
/// Going back, by a person: a deployment of its own that asks no gate and no hold, and holds the environment afterwards,
/// so that automation does not undo what a person did.
/// </summary>
public static class Rollback
{
    public static Decision<EnvironmentEvent> Decide(EnvironmentState state, RollBackEnvironment input, DateTimeOffset now) =>
        WithoutPromotions(state.Active is { } active ? Abort(state, active, input, now) : GoBack(state, input), state, input.By);

    /// <summary>Ends what runs; offered where there is no earlier version.</summary>
    public static Decision<EnvironmentEvent> Stop(EnvironmentState state, StopEnvironment input) =>
        WithoutPromotions(End(state, input), state, input.By);

    private static Decision<EnvironmentEvent> End(EnvironmentState state, StopEnvironment input)
    {
        if (state.Active is { } active)
            return Decision<EnvironmentEvent>.Refuse($"Deployment {active.Number} is under way: cancel it or roll back first.");
        if (state.Live is not { } live)
            return Decision<EnvironmentEvent>.Refuse($"Nothing is live in '{state.Name}'.");
        if (live.Candidate.Pipeline.Environment(state.Name)?.Target is CommandTarget)
            return Decision<EnvironmentEvent>.Refuse(
                $"'{state.Name}' is deployed to by a command: Towpath runs nothing there that it could stop.");
        return (ValueList<EnvironmentEvent>)
        [
            new HoldSet(input.By, "Stopped by hand."),
            new DeploymentOffered(
                state.NextDeployment, DeploymentKind.Stop, live.Candidate, null, input.By, live.Deployment, live.Release, live.Settings),
        ];
    }

    /// <summary>
    /// What somebody promoted before, and what a gate or another deployment has kept since, would come before this or undo it, in spite of
    /// the hold.
    /// </summary>
    private static Decision<EnvironmentEvent> WithoutPromotions(Decision<EnvironmentEvent> decision, EnvironmentState state, string by) =>
        decision.Events.Count == 0 ? decision : decision.Events.Concat(state.Waiting
            .Where(waiting => waiting.Kind == DeploymentKind.Promote)
            .Select(waiting => new DeploymentEnded(
                waiting.Number, DeploymentStatus.Canceled, $"{by} went back or stopped what runs while it waited: promote it again if it is still wanted.", null)))
            .ToValueList();

    /// <summary>While a deployment runs, rolling back means to end it, and to make sure of what is live.</summary>
    private static Decision<EnvironmentEvent> Abort(
        EnvironmentState state, Deployment active, RollBackEnvironment input, DateTimeOffset now)
    {
        if (input.To is { } to && to != state.Live?.Candidate.Run)
            return Decision<EnvironmentEvent>.Refuse(
                $"Deployment {active.Number} is under way: 'towpath rollback {state.Name}' ends it; then it can go back to run {to}.");
        if (state.Waiting.Any(deployment => deployment.Kind == DeploymentKind.Rollback))
            return Decision<EnvironmentEvent>.Nothing;
        if (active is { Kind: DeploymentKind.Rollback, Status: not (DeploymentStatus.RollingBack or DeploymentStatus.NeedsDecision) })
            return Decision<EnvironmentEvent>.Refuse($"Deployment {active.Number} is going back to run {active.Candidate.Run} already.");
        if (active.Kind == DeploymentKind.Contract)
            return Decision<EnvironmentEvent>.Refuse(
                $"Deployment {active.Number} takes away what versions before run {active.Candidate.Run} need, so none of them can come back; push a fix instead.");
        if (DeploymentPlan.WhyForGood(state, active) is { } why)
            return Decision<EnvironmentEvent>.Refuse(
                $"What deployment {active.Number} does to '{state.Name}' cannot be undone ({why}); cancel it to end it where it is.");
        var events = new List<EnvironmentEvent> { new HoldSet(input.By, input.Reason) };
        if (active.Status != DeploymentStatus.RollingBack)
        {
            var conclusion = active.Moved ? DeploymentStatus.RolledBack : DeploymentStatus.Canceled;
            var reason = $"Rolled back by {input.By}: {input.Reason}";
            events.AddRange(EnvironmentMachine.TakeBack(state, active, conclusion, reason, now).Events);
        }

        if (state.Live is { } live)
            events.Add(Offer(state, live, undoes: active.Number, input.By));
        return events.ToValueList();
    }

    private static Decision<EnvironmentEvent> GoBack(EnvironmentState state, RollBackEnvironment input)
    {
        if (state.Versions.Count == 0)
            return Decision<EnvironmentEvent>.Refuse($"Nothing was ever live in '{state.Name}'.");
        var last = state.Versions[^1];
        if (state.Stopped)
            return input.To is { } to && to != last.Candidate.Run
                ? Decision<EnvironmentEvent>.Refuse($"Nothing runs in '{state.Name}': 'towpath rollback {state.Name}' brings run {last.Candidate.Run} back first.")
                : (ValueList<EnvironmentEvent>)[new HoldSet(input.By, input.Reason), Offer(state, last, last.Deployment, input.By)];
        if (Definition(state, last)?.Target is CommandTarget { Undo: UndoMode.None })
            return Decision<EnvironmentEvent>.Refuse(
                $"What was deployed to '{state.Name}' cannot be undone (undo: none); push a fix instead.");
        if (input.To is { } run && WhyNot(state, run) is { } why)
            return Decision<EnvironmentEvent>.Refuse(why);
        var earlier = Target(state, input.To);
        if (earlier is not null && Migrations.Bars(state, earlier) is { } barred)
            return Decision<EnvironmentEvent>.Refuse(
                $"'{state.Name}' cannot go back to run {earlier.Candidate.Run}. {barred} Push a fix instead.");
        if (earlier is not { } target)
            return Decision<EnvironmentEvent>.Refuse(HasCommand(state, last)
                ? $"'{state.Name}' has no earlier version to go back to; push a fix instead."
                : $"'{state.Name}' has no earlier version to go back to; 'towpath envs stop {state.Name}' ends what runs.");
        if (Definition(state, last)?.Target is CommandTarget { Undo: UndoMode.Command } && target != state.Versions[^2])
            return Decision<EnvironmentEvent>.Refuse(
                $"The undo command of run {last.Candidate.Run} leads back to run {state.Versions[^2].Candidate.Run}{(input.To is null ? ", which was rolled back here itself" : "")}; "
                + $"'towpath promote --run {target.Candidate.Run} --environment {state.Name}' deploys an earlier version again.");
        if (Definition(state, last)?.Target is not CommandTarget { Undo: UndoMode.Command } && DeploymentPlan.IsOnce(state, target.Candidate))
            return Decision<EnvironmentEvent>.Refuse(
                $"Run {target.Candidate.Run} was deployed to '{state.Name}' and must not be again (repeatable: false); push a fix instead.");
        return (ValueList<EnvironmentEvent>)
        [
            new HoldSet(input.By, input.Reason),
            .. Behind(state, target),
            Offer(state, target, last.Deployment, input.By),
        ];
    }

    /// <summary>The latest earlier version that differs from what is live and was not rolled back itself.</summary>
    /// <param name="run">The one of this run; null: of any.</param>
    public static LiveVersion? Target(EnvironmentState state, int? run = null) => state.Versions.SkipLast(1).LastOrDefault(version =>
        (run is null || version.Candidate.Run == run)
        && !version.IsSameAs(state.Versions[^1].Candidate, state.Versions[^1].Settings) && !IsQuarantined(state, version));

    /// <summary>Why there is no way back to a run, as far as the run goes; null: there is one.</summary>
    private static string? WhyNot(EnvironmentState state, int run)
    {
        if (Target(state, run) is not null)
            return null;
        if (state.Versions[^1].Candidate.Run == run)
            return $"Run {run} is what is live in '{state.Name}'.";
        if (state.Versions.Any(version => version.Candidate.Run == run))
            return $"Run {run} was rolled back in '{state.Name}' itself, or is the same as what is live; 'towpath promote --run {run} "
                + $"--environment {state.Name}' deploys it again.";
        var known = state.Versions.SkipLast(1).Select(version => version.Candidate.Run).Distinct().Where(known => Target(state, known) is not null).ToList();
        return $"Run {run} is no version that '{state.Name}' can go back to{(known.Count == 0 ? "" : $"; these are: run {string.Join(", ", known)}")}.";
    }

    private static bool IsQuarantined(EnvironmentState state, LiveVersion version) => state.Quarantine.Any(entry =>
        entry.Package == version.Candidate.Package.Digest && entry.SettingsRevision == version.Settings.Revision);

    /// <summary>What is live, and whatever else came after the version that a person goes back to, does not come again by itself.</summary>
    private static IEnumerable<PackageQuarantined> Behind(EnvironmentState state, LiveVersion target) => state.Versions.Reverse()
        .TakeWhile(version => !version.IsSameAs(target.Candidate, target.Settings))
        .Where((version, index) => index == 0 || !IsQuarantined(state, version))
        .Select(version => new PackageQuarantined(version.Candidate.Package.Digest, version.Settings.Revision, version.Deployment))
        .DistinctBy(entry => (entry.Package, entry.SettingsRevision));

    /// <summary>Releases that a rollback goes back behind; none for any other deployment.</summary>
    internal static ValueList<string> Undone(EnvironmentState state, Deployment deployment)
    {
        if (deployment is not { Kind: DeploymentKind.Rollback, Settings: { } settings })
            return [];
        var kept = state.Versions.ToList().FindLastIndex(version => version.IsSameAs(deployment.Candidate, settings)) + 1;
        return kept == 0 ? [] : state.Versions.Skip(kept).Select(version => version.Release)
            .Except(state.Versions.Take(kept).Select(version => version.Release).Append(deployment.Release!)).ToValueList();
    }

    private static EnvironmentDefinition? Definition(EnvironmentState state, LiveVersion version) =>
        version.Candidate.Pipeline.Environment(state.Name);

    private static bool HasCommand(EnvironmentState state, LiveVersion version) => Definition(state, version)?.Target is CommandTarget;

    /// <summary>Variables go back with the package, secrets do not: the old value of a secret may be why somebody goes back.</summary>
    private static DeploymentOffered Offer(EnvironmentState state, LiveVersion target, int undoes, string by)
    {
        var sameSecrets = target.Settings.Secrets.Equals(state.Settings.Secrets);
        return new DeploymentOffered(
            state.NextDeployment, DeploymentKind.Rollback, target.Candidate, null, by, undoes,
            sameSecrets ? target.Release : null, target.Settings with { Secrets = state.Settings.Secrets });
    }
}
