using System.Diagnostics;
using Towpath.Core.Packages;

namespace Towpath.Core.Environments;

public static partial class EnvironmentMachine
{
    /// <summary>The only code that replay runs: total, and without an opinion.</summary>
    public static EnvironmentState Evolve(EnvironmentState state, Recorded<EnvironmentEvent> recorded) => recorded.Event switch
    {
        DeploymentOffered offered => Trim(state with
        {
            Deployments = state.Deployments.Add(Create(state, offered, recorded.At)),
            NextDeployment = offered.Deployment + 1,
        }),
        UpstreamPassed passed => Pass(state, passed, recorded.At),
        UpstreamRevoked revoked => Revoke(state, revoked),
        DeploymentApproved approved => With(state, approved.Deployment, deployment => deployment with
        {
            Approvals = Approvals.With(deployment.Approvals, approved, recorded.At),
        }),
        WebhookAsked asked => With(state, asked.Deployment, deployment => deployment with { Questions = Webhooks.With(deployment.Questions, asked) }),
        WebhookAnswered answered => With(state, answered.Deployment, deployment => deployment with
        {
            Questions = Webhooks.With(deployment.Questions, answered),
        }),
        DeploymentStarted started => Start(state, started, recorded.At),
        StageBegan began => Begin(Begun(state, began, recorded.At), began),
        TrafficSurveyed or TrafficMeasured or ShareRaised or RolloutPaused or RolloutAdvanced => EvolveCanary(state, recorded),
        WithdrawalBegan began => Withdraw(state, began),
        DecisionNeeded needed => Ask(state, needed),
        WentLive live when state.Deployment(live.Deployment) is { Release: not null, Settings: not null } deployment =>
            Arrive(state, deployment, recorded.At),
        WentLive => state,
        Stopped stopped => End(state, stopped.Deployment, DeploymentStatus.Live, "Nothing runs here now.", recorded.At) with { Stopped = true },
        Contracted contracted => End(state, contracted.Deployment, DeploymentStatus.Live, "What only older versions needed is gone.", recorded.At),
        DeploymentEnded ended => With(
            End(state, ended.Deployment, ended.Status, ended.Reason, recorded.At, ended.SupersededBy), ended.Deployment,
            deployment => deployment with { WaitedTooLong = ended.WaitedTooLong }),
        PackageQuarantined quarantined => state with { Quarantine = Quarantine(state, quarantined) },
        HoldSet hold => state with { Hold = new Hold(hold.By, hold.Reason, recorded.At, state.Hold?.Begun ?? recorded.At) },
        HoldLifted => state with { Hold = null },
        FreezeSet set => state with { Freezes = Freezes.With(state.Freezes, set) },
        FreezeLifted => state with { Freezes = [] },
        SettingsChanged changed => state with
        {
            Settings = new Settings(changed.Revision, changed.Variables, changed.Secrets),
            NextRevision = changed.Revision + 1,
        },
        NewsHandedOver taken => Forget(state, taken),
        DeploymentNumbersSkipped skipped => state with
        {
            NextDeployment = Math.Max(state.NextDeployment, skipped.Next),
            // After a restore: what waited before it is not offered afresh, as something newer may be live.
            Hold = state.Hold is { } hold ? hold with { Begun = recorded.At } : null,
        },
        _ => throw new UnreachableException(),
    };

    private static Deployment Create(EnvironmentState state, DeploymentOffered offered, DateTimeOffset at) => Await(state, new Deployment(
        offered.Deployment, offered.Kind, offered.Candidate,
        offered.PassedIn is { } passed ? OrdinalMap<DateTimeOffset>.Empty.With(passed, offered.PassedSince ?? at) : OrdinalMap<DateTimeOffset>.Empty,
        offered.By, offered.Undoes, offered.Settings, offered.Release, DeploymentStatus.Offered, Stage: null, Attempt: 0, Moved: false,
        Conclusion: null, Reason: "", SupersededBy: null, at, StartedAt: null, EndedAt: null, Deadline: null)
    {
        Override = offered.Override,
    }, at);

    /// <summary>
    /// News of the environments before it changes what a deployment waits for;
    /// one that has begun or is over only remembers it.
    /// </summary>
    private static EnvironmentState Pass(EnvironmentState state, UpstreamPassed upstream, DateTimeOffset at) => With(state, upstream.Deployment, deployment =>
    {
        var passed = deployment with { PassedIn = deployment.PassedIn.With(upstream.Environment, upstream.Since ?? at) };
        return deployment.IsActive || deployment.IsOver ? passed : Await(state, passed, at);
    });

    /// <summary>Offered until the environments before are done with it, then waiting for its turn.</summary>
    private static Deployment Await(EnvironmentState state, Deployment deployment, DateTimeOffset at)
    {
        var missing = DeploymentQueue.NotPassed(state, deployment);
        return missing is null
            ? deployment with { Status = DeploymentStatus.Waiting, Reason = "", WaitingSince = deployment.WaitingSince ?? at }
            : deployment with { Status = DeploymentStatus.Offered, Reason = $"It is not live in '{missing}' yet." };
    }

    private static EnvironmentState Start(EnvironmentState state, DeploymentStarted started, DateTimeOffset at) =>
        With(state, started.Deployment, deployment => deployment with
        {
            Status = DeploymentStatus.Starting,
            Release = started.Release,
            Settings = started.Settings,
            StartedAt = at,
            Reason = "",
        });

    private static EnvironmentState Revoke(EnvironmentState state, UpstreamRevoked revoked) =>
        With(state, revoked.Deployment, deployment => deployment with
        {
            PassedIn = deployment.PassedIn.Without(revoked.Environment),
        });

    private static EnvironmentState Begin(EnvironmentState state, StageBegan began) =>
        With(state, began.Deployment, deployment => deployment with
        {
            Status = DeploymentPlan.StatusOf(began.Stage),
            Stage = began.Stage,
            Attempt = 1,
            Moved = deployment.Moved || began.Stage is Stage.Canary or Stage.Shift or Stage.Deploy or Stage.Undo or Stage.Contract,
            Reason = "",
            Deadline = began.Deadline,
        });

    /// <summary>What holds from the moment that a stage begins, however it ends.</summary>
    private static EnvironmentState Begun(EnvironmentState state, StageBegan began, DateTimeOffset at) => began.Stage switch
    {
        Stage.Deploy => Remember(state, began.Deployment),
        Stage.Contract => Migrations.Remember(state, began.Deployment, at),
        _ => state,
    };

    private static EnvironmentState Remember(EnvironmentState state, int number)
    {
        if (state.Deployment(number) is not { Candidate: var candidate } || !DeploymentPlan.IsOnce(state, candidate)
            || state.StartedOnce.Any(known => known.Package == candidate.Package.Digest))
            return state;
        var kept = state.StartedOnce.Count < QuarantineKept ? state.StartedOnce : state.StartedOnce.Skip(1).ToValueList();
        return state with { StartedOnce = kept.Add(new StartedPackage(candidate.Package.Digest, number)) };
    }

    private static EnvironmentState Withdraw(EnvironmentState state, WithdrawalBegan began) =>
        With(state, began.Deployment, deployment => deployment with
        {
            Status = DeploymentStatus.RollingBack,
            Attempt = deployment.Stage == Stage.Withdraw ? deployment.Attempt + 1 : 1,
            Stage = Stage.Withdraw,
            Conclusion = began.Conclusion,
            Reason = began.Reason,
            Deadline = began.Deadline,
        });

    private static EnvironmentState Ask(EnvironmentState state, DecisionNeeded needed) =>
        With(state, needed.Deployment, deployment => deployment with
        {
            Status = DeploymentStatus.NeedsDecision,
            Reason = needed.Reason,
            Deadline = null,
        });

    private static EnvironmentState End(
        EnvironmentState state, int number, DeploymentStatus status, string reason, DateTimeOffset at, int? supersededBy = null) =>
        With(state, number, deployment => deployment with
        {
            Status = status,
            Reason = reason,
            SupersededBy = supersededBy,
            Stage = null,
            Deadline = null,
            Conclusion = null,
            EndedAt = at,
        });

    private static EnvironmentState Arrive(EnvironmentState state, Deployment deployment, DateTimeOffset at)
    {
        var version = new LiveVersion(deployment.Number, deployment.Release!, deployment.Candidate, deployment.Settings!, at);
        var ended = End(state, deployment.Number, DeploymentStatus.Live, "", at) with { Stopped = false };
        if (deployment.Kind == DeploymentKind.Rollback)
        {
            ended = ended with { Settings = version.Settings };
            // What it goes back to may have been taken back itself while it waited; then it comes on top, and undoes nothing.
            if (state.Versions.Any(known => known.IsSameAs(version.Candidate, version.Settings)))
                return GoBack(ended, version);
        }

        var isSame = state.Versions.Count > 0 && state.Versions[^1].IsSameAs(version.Candidate, version.Settings);
        var versions = (isSame ? state.Versions.SkipLast(1) : state.Versions).Append(version).TakeLast(VersionsKept).ToValueList();
        return Tell(ended with { Versions = versions }, version.Candidate, passed: true);
    }

    /// <summary>The target is live again; what came after it is no place to go back to.</summary>
    private static EnvironmentState GoBack(EnvironmentState state, LiveVersion version)
    {
        var kept = state.Versions.Count;
        while (!state.Versions[kept - 1].IsSameAs(version.Candidate, version.Settings))
            kept--;
        var back = state with { Versions = state.Versions.Take(kept - 1).Append(version).ToValueList() };
        // Going back to other settings of the same run takes nothing back from those who come after.
        return state.Versions.Skip(kept).Where(undone => undone.Candidate.Run != version.Candidate.Run)
            .Aggregate(back, (told, undone) => Tell(told, undone.Candidate, passed: false));
    }

    /// <summary>The last word counts: what was said of a candidate before, and has not been heard, is pointless.</summary>
    private static EnvironmentState Tell(EnvironmentState state, Candidate candidate, bool passed) => state with
    {
        HandOvers = state.HandOvers.Where(news => news.Candidate.Run != candidate.Run)
            .Concat(candidate.Pipeline.EnvironmentsAfter(state.Name).Select(later => new HandOver(later.Name, candidate, passed))).ToValueList(),
    };

    private static EnvironmentState Forget(EnvironmentState state, NewsHandedOver taken) => state with
    {
        HandOvers = state.HandOvers.Where(news => !Matches(news, taken.To, taken.Run, taken.Passed)).ToValueList(),
    };

    private static ValueList<Quarantined> Quarantine(EnvironmentState state, PackageQuarantined quarantined)
    {
        var entry = new Quarantined(quarantined.Package, quarantined.SettingsRevision, quarantined.Deployment);
        return state.Quarantine.Any(known => known.Package == entry.Package && known.SettingsRevision == entry.SettingsRevision)
            ? state.Quarantine
            : state.Quarantine.Count < QuarantineKept ? state.Quarantine.Add(entry)
            : state.Quarantine.Skip(1).Append(entry).ToValueList();
    }

    private static EnvironmentState EvolveCanary(EnvironmentState state, Recorded<EnvironmentEvent> recorded) => recorded.Event switch
    {
        TrafficSurveyed surveyed => With(state, surveyed.Deployment, deployment => deployment with
        {
            Canary = Canary.Begin(surveyed.History, deployment.Definition(state.Name)?.Rollout) with { Began = recorded.Sequence },
        }),
        TrafficMeasured measured => OfCanary(state, measured.Deployment, (deployment, canary) => deployment with
        {
            Canary = Canary.Seen(canary, measured, deployment.Definition(state.Name)?.Rollout),
        }),
        ShareRaised raised => OfCanary(state, raised.Deployment, (deployment, canary) => deployment with
        {
            Status = DeploymentStatus.Shifting,
            Reason = "",
            Deadline = raised.Deadline,
            Canary = Canary.AtStep(canary, raised.Step, deployment.Definition(state.Name)?.Rollout),
        }),
        RolloutPaused paused => OfCanary(state, paused.Deployment, (deployment, canary) => deployment with
        {
            Status = DeploymentStatus.Paused,
            Reason = paused.Reason,
            Deadline = paused.Deadline,
            Canary = canary with { Paused = paused.Reason },
        }),
        // What it goes on to is the next event's to say.
        RolloutAdvanced => state,
        _ => throw new UnreachableException(),
    };

    private static EnvironmentState With(EnvironmentState state, int number, Func<Deployment, Deployment> change) =>
        state with { Deployments = state.Deployments.ReplaceLast(deployment => deployment.Number == number, change) };

    private static EnvironmentState OfCanary(EnvironmentState state, int number, Func<Deployment, CanaryState, Deployment> change) =>
        With(state, number, deployment => deployment.Canary is { } canary ? change(deployment, canary) : deployment);

    private static EnvironmentState Trim(EnvironmentState state)
    {
        var excess = state.Deployments.Count - DeploymentsKept;
        return excess <= 0 ? state : state with
        {
            Deployments = state.Deployments.Where((deployment, index) => index >= excess || !deployment.IsOver).ToValueList(),
        };
    }
}
