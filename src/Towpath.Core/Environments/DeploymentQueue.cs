using Towpath.Core.Pipelines;

namespace Towpath.Core.Environments;

/// <summary>Who waits, who starts, and who never will: the environment's queue, one step at a time.</summary>
public static class DeploymentQueue
{
    /// <summary>The next thing that follows from the state as it is; null: nothing does.</summary>
    public static EnvironmentEvent? Next(EnvironmentState state, DateTimeOffset now) => state.HasWaiting
        ? (EnvironmentEvent?)Stale(state) ?? Superseded(state, now) ?? Begin(state) ?? Start(state, now)
            ?? (EnvironmentEvent?)NewSettings(state) ?? Webhooks.Next(state, now)
        : (EnvironmentEvent?)Begin(state) ?? NewSettings(state);

    /// <summary>An environment that the deployment has to pass first; null when there is none.</summary>
    public static string? NotPassed(EnvironmentState state, Deployment deployment) =>
        deployment.Kind == DeploymentKind.Deploy
            ? deployment.Definition(state.Name)?.After.FirstOrDefault(name => !deployment.PassedIn.ContainsKey(name))
            : null;

    /// <summary>Why a waiting deployment has not started, for people.</summary>
    public static string WaitReason(EnvironmentState state, Deployment deployment, DateTimeOffset now)
    {
        if (deployment.Status == DeploymentStatus.Offered)
            return deployment.Reason;
        var reasons = Gates.Missing(state, deployment, now).Select(gate => gate.Reason);
        if (state.Active is { } active)
            reasons = reasons.Prepend($"Deployment {active.Number} is under way.");
        else if (deployment.IsAutomatic && state.Hold is { } hold)
            reasons = reasons.Prepend($"Held by {hold.By}: {hold.Reason}");
        else if (ModeOf(state, deployment) == QueueMode.Every && Ready(state).MinBy(Turn) is { } first && first.Number != deployment.Number)
            reasons = reasons.Prepend($"Run {first.Candidate.Run} comes first (queue: every).");
        return string.Join(' ', reasons);
    }

    /// <summary>
    /// When a hold is lifted: the newest candidate that waited under it until its time was over is offered once more, unless
    /// something as new is there or on its way.
    /// </summary>
    public static IEnumerable<EnvironmentEvent> Afresh(EnvironmentState state)
    {
        var late = Late(state);
        var isPointless = late is null
            || (state.Versions.Count > 0 && state.Versions[^1].Candidate.Order >= late.Candidate.Order)
            || state.Deployments.Any(other => !other.IsOver && other.Candidate.Order >= late.Candidate.Order);
        if (isPointless)
            return [];
        var offered = new DeploymentOffered(
            state.NextDeployment, DeploymentKind.Deploy, late!.Candidate, null, EnvironmentMachine.Automation, null, null, null);
        return PassedAlready(offered, late);
    }

    /// <summary>The same candidate once more: it is live in the environments before since when it was.</summary>
    internal static IEnumerable<EnvironmentEvent> PassedAlready(DeploymentOffered offered, Deployment before)
    {
        var passed = before.PassedIn.ToList();
        if (passed.Count == 0)
            return [offered];
        return
        [
            offered with { PassedIn = passed[0].Key, PassedSince = passed[0].Value },
            .. passed.Skip(1).Select(one => new UpstreamPassed(offered.Deployment, one.Key) { Since = one.Value }),
        ];
    }

    /// <summary>The newest candidate that waited under the hold until its time was over; null when there is none, or no hold.</summary>
    public static Deployment? Late(EnvironmentState state) => state.Hold is not { } hold ? null : state.Deployments
        .Where(deployment => deployment is { Kind: DeploymentKind.Deploy, Status: DeploymentStatus.Refused, WaitedTooLong: true }
            && deployment.EndedAt >= hold.Begun && IsLastOfItsRun(state, deployment) && NotPassed(state, deployment) is null && Quarantine(state, deployment) is null)
        .OrderBy(deployment => deployment.Candidate.Order).ThenBy(deployment => deployment.Number)
        .LastOrDefault();

    /// <summary>Only the last one hears when its candidate is rolled back in an environment before.</summary>
    private static bool IsLastOfItsRun(EnvironmentState state, Deployment deployment) => !state.Deployments.Any(later =>
        later.Number > deployment.Number && later.Kind == DeploymentKind.Deploy && later.Candidate.Run == deployment.Candidate.Run);

    /// <summary>Automation neither goes back to an older commit, nor deploys again what was rolled back or must not be repeated.</summary>
    private static DeploymentEnded? Stale(EnvironmentState state)
    {
        foreach (var waiting in state.Waiting)
        {
            if (waiting.Kind == DeploymentKind.Promote && Migrations.Bars(state, waiting.Candidate) is { } barred)
                return new DeploymentEnded(waiting.Number, DeploymentStatus.Refused, barred, null);
            if (waiting.Kind == DeploymentKind.Contract && Migrations.Owed(state)?.Candidate.Run != waiting.Candidate.Run)
                return new DeploymentEnded(
                    waiting.Number, DeploymentStatus.Refused, "Something else is live by now, which may need what it takes away.", null);
            if (!waiting.IsAutomatic)
                continue;
            if (state.Versions.Count > 0 && waiting.Candidate.Order < state.Versions[^1].Candidate.Order)
                return new DeploymentEnded(
                    waiting.Number, DeploymentStatus.Outdated, $"Run {state.Versions[^1].Candidate.Run} is live and newer.", null);
            if (Quarantine(state, waiting) is { } entry)
                return new DeploymentEnded(
                    waiting.Number, DeploymentStatus.Refused,
                    $"The same package and settings were rolled back in deployment {entry.Deployment}.", null);
            if (DeploymentPlan.IsOnce(state, waiting.Candidate)
                && state.StartedOnce.FirstOrDefault(started => started.Package == waiting.Candidate.Package.Digest) is { } earlier)
                return new DeploymentEnded(
                    waiting.Number, DeploymentStatus.Refused,
                    $"Deployment {earlier.Deployment} started the command for the same package, which is not done twice (repeatable: false).",
                    null);
        }

        return null;
    }

    /// <summary>
    /// A newer candidate makes the older ones pointless that are no further: it has passed every gate that they have. One that waits for
    /// something that comes by itself leaves them alone: else a push every ten minutes would keep an environment with half an hour of
    /// soak time from ever getting any.
    /// </summary>
    private static DeploymentEnded? Superseded(EnvironmentState state, DateTimeOffset now)
    {
        foreach (var newer in Ready(state).OrderByDescending(Turn))
        {
            var older = state.Waiting.Where(deployment => deployment.IsAutomatic && IsOlder(deployment, newer)).ToList();
            if (older.Count == 0 || ModeOf(state, newer) == QueueMode.Every)
                continue;
            var missing = Gates.Missing(state, newer, now).ToList();
            if (missing.Exists(gate => gate.Gate?.PassesByItself == true))
                continue;
            if (older.Find(deployment => deployment.Status == DeploymentStatus.Offered || IsNoFurther(deployment, missing)) is { } pointless)
                return new DeploymentEnded(pointless.Number, DeploymentStatus.Superseded, $"Run {newer.Candidate.Run} is newer.", newer.Number);
        }

        return null;

        bool IsNoFurther(Deployment older, List<GateStanding> missing) =>
            missing.Count == 0 || missing.TrueForAll(gate => Gates.Missing(state, older, now).Any(other => Equals(other.Gate, gate.Gate)));
    }

    private static StageBegan? Begin(EnvironmentState state) =>
        state.Active is { Status: DeploymentStatus.Starting, Stage: null } started && started.Definition(state.Name) is { } definition
            ? new StageBegan(
                started.Number, DeploymentPlan.Stages(state, started)[0], started.StartedAt!.Value + definition.Timeout)
            : null;

    private static DeploymentStarted? Start(EnvironmentState state, DateTimeOffset now)
    {
        if (state.Active is not null || Chosen(state, now) is not { } chosen)
            return null;
        var settings = chosen.Settings ?? state.Settings;
        var release = chosen.Release ?? RunningAlready(state, chosen, settings) ?? $"d{chosen.Number}";
        return new DeploymentStarted(chosen.Number, release, settings);
    }

    /// <summary>People go first, and a hold does not stop them; then automation, by the queue's mode.</summary>
    private static Deployment? Chosen(EnvironmentState state, DateTimeOffset now)
    {
        if (state.Waiting.FirstOrDefault(deployment => !deployment.IsAutomatic && MayStart(deployment)) is { } asked)
            return asked;
        if (state.Hold is not null || Ready(state).Where(MayStart).MaxBy(Turn) is not { } newest)
            return null;
        if (ModeOf(state, newest) != QueueMode.Every)
            return newest;
        // In order, also where the oldest waits at a gate: the gate has a deadline.
        var oldest = Ready(state).MinBy(Turn)!;
        return MayStart(oldest) ? oldest : null;

        bool MayStart(Deployment deployment) => !Gates.Missing(state, deployment, now).Any();
    }

    /// <summary>
    /// What is live gets new settings when nothing newer is on its way that would bring them anyway;
    /// each revision is tried once.
    /// </summary>
    private static DeploymentOffered? NewSettings(EnvironmentState state)
    {
        if (state is not { Active: null, Hold: null, Live: { } live } || live.Settings.Revision == state.Settings.Revision
            || DeploymentPlan.IsOnce(state, live.Candidate))
            return null;
        var revision = state.Settings.Revision;
        var wasTried =
            state.Deployments.Any(deployment => deployment.Candidate.Run == live.Candidate.Run && deployment.Settings?.Revision == revision)
            || state.Quarantine.Any(entry => entry.Package == live.Candidate.Package.Digest && entry.SettingsRevision == revision);
        return wasTried ? null : new DeploymentOffered(
            state.NextDeployment, DeploymentKind.Settings, live.Candidate, null, EnvironmentMachine.Automation, null, null, state.Settings);
    }

    /// <summary>
    /// The live release when it is the same in everything that an instance could notice, and there is nothing to run before.
    /// </summary>
    private static string? RunningAlready(EnvironmentState state, Deployment chosen, Settings settings)
    {
        if (chosen.Kind != DeploymentKind.Deploy || state.Live is not { } live || !live.Settings.Equals(settings))
            return null;
        var (next, now) = (chosen.Candidate, live.Candidate);
        return chosen.Definition(state.Name) is { Preparation.Count: 0, Target: AppsTarget } definition
            && now.Pipeline.Environment(state.Name) is { } current
            && next.Package.App == now.Package.App
            && next.Pipeline.Apps.Equals(now.Pipeline.Apps)
            && definition.Equals(current with
            {
                Verify = definition.Verify,
                After = definition.After,
                Queue = definition.Queue,
                Before = definition.Before,
                Timeout = definition.Timeout,
                Rollout = definition.Rollout,
                Rolling = definition.Rolling,
                Migrations = definition.Migrations,
                Gates = definition.Gates,
            })
            ? live.Release
            : null;
    }

    /// <summary>Automatic deployments that could start now but for the queue, a hold and gates.</summary>
    private static IEnumerable<Deployment> Ready(EnvironmentState state) =>
        state.Deployments.Where(deployment => deployment is { IsAutomatic: true, Status: DeploymentStatus.Waiting });

    /// <summary>Older commits come first.</summary>
    private static (long Order, int Number) Turn(Deployment deployment) => (deployment.Candidate.Order, deployment.Number);

    private static Quarantined? Quarantine(EnvironmentState state, Deployment deployment) => state.Quarantine.FirstOrDefault(entry =>
        entry.Package == deployment.Candidate.Package.Digest && entry.SettingsRevision == Approvals.Settings(state, deployment));

    private static QueueMode? ModeOf(EnvironmentState state, Deployment deployment) => deployment.Definition(state.Name)?.Queue;

    private static bool IsOlder(Deployment one, Deployment other) =>
        Turn(one).CompareTo(Turn(other)) < 0;
}
