using System.Diagnostics;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines.Language;

namespace Towpath.Core.Environments;

/// <summary>
/// Decides which candidate becomes live in an environment, one deployment at a time: who may start is in
/// <see cref="DeploymentQueue"/>, the order of the stages in <see cref="DeploymentPlan"/>, going back in <see cref="Rollback"/>.
/// </summary>
public static partial class EnvironmentMachine
{
    /// <summary>How long a candidate waits to be started before it is refused.</summary>
    public static readonly TimeSpan WaitTimeout = TimeSpan.FromDays(7);

    /// <summary>Deployments that stay known after they ended.</summary>
    public const int DeploymentsKept = 100;

    /// <summary>Versions that stay known as places to go back to.</summary>
    public const int VersionsKept = 20;

    /// <summary>Versions that were rolled back and stay known as such: one a day for 27 years.</summary>
    public const int QuarantineKept = 10_000;

    /// <summary>Who acts when no person did.</summary>
    public const string Automation = "towpath";

    public static Decision<EnvironmentEvent> Decide(EnvironmentState state, EnvironmentInput input, DateTimeOffset now)
    {
        var decision = input switch
        {
            OfferCandidate offer => Offer(state, offer),
            RevokeCandidates revoke => revoke.Candidates.SelectMany(candidate => Revoke(state, candidate, revoke.RolledBackIn)).ToValueList(),
            StageAnswered answered => Answer(state, answered, now),
            Promote promote => PromoteByHand(state, promote),
            RollBackEnvironment rollBack => Rollback.Decide(state, rollBack, now),
            StopEnvironment stop => Rollback.Stop(state, stop),
            CancelDeployment cancel => Cancel(state, cancel, now),
            ApproveDeployment approve => Approvals.Decide(state, approve),
            AdvanceDeployment advance => Canary.Advance(state, advance, now),
            AcceptDeployment accept => Accept(state, accept),
            HoldEnvironment hold => Record(new HoldSet(hold.By, hold.Reason)),
            ResumeEnvironment when state.Hold is null => Decision<EnvironmentEvent>.Refuse($"'{state.Name}' is not held."),
            ResumeEnvironment resume => (ValueList<EnvironmentEvent>)[new HoldLifted(resume.By), .. DeploymentQueue.Afresh(state)],
            FreezeEnvironment freeze => Freezes.Decide(state, freeze, now),
            UnfreezeEnvironment unfreeze => Freezes.Decide(state, unfreeze, now),
            ChangeSettings change => Change(state, change),
            HandOverTaken taken => taken.Runs.Where(run => state.HandOvers.Any(news => Matches(news, taken.To, run, taken.Passed)))
                .Select(run => (EnvironmentEvent)new NewsHandedOver(taken.To, run, taken.Passed)).ToValueList(),
            RestoreEnvironment restore => AfterRestore.Decide(state, restore),
            EnvironmentClock => Overdue(state, now) is { Events.Count: > 0 } overdue ? overdue : Migrations.Begin(state, now),
            _ => throw new UnreachableException(),
        };
        // What came too late changes nothing, also not what time would change by now.
        return decision.Events.Count > 0 || input is EnvironmentClock ? Follow(state, decision.Events, now) : decision;
    }

    /// <summary>The command of the deployment under way, and what is asked about those that wait.</summary>
    public static IEnumerable<AgentCommand> Pending(EnvironmentState state)
    {
        var questions = Webhooks.Pending(state);
        return state.Active is { } active && DeploymentPlan.CommandFor(state, active) is { } command ? questions.Prepend(command) : questions;
    }

    /// <summary>The given events and all that follow from them.</summary>
    private static Decision<EnvironmentEvent> Follow(EnvironmentState state, IEnumerable<EnvironmentEvent> first, DateTimeOffset now)
    {
        var events = new List<EnvironmentEvent>();
        foreach (var given in first)
        {
            Take(given);
            if (given is not TrafficMeasured measured)
                continue;
            foreach (var next in Canary.Next(state, measured, now))
                Take(next);
        }

        while (DeploymentQueue.Next(state, now) is { } next)
            Take(next);
        return events.ToValueList();

        void Take(EnvironmentEvent taken)
        {
            events.Add(taken);
            state = Evolve(state, new Recorded<EnvironmentEvent>(0, now, taken));
        }
    }

    private static Decision<EnvironmentEvent> Offer(EnvironmentState state, OfferCandidate offer)
    {
        var known = state.Deployments.LastOrDefault(deployment =>
            deployment.Kind == DeploymentKind.Deploy && deployment.Candidate.Run == offer.Candidate.Run);
        if (known is null)
            return Record(new DeploymentOffered(
                state.NextDeployment, DeploymentKind.Deploy, offer.Candidate, offer.PassedIn, Automation, null, null, null));
        // Also when it is over: a person who promotes the run later is asked where it has been live.
        return offer.PassedIn is { } passed && !known.PassedIn.ContainsKey(passed)
            ? Record(new UpstreamPassed(known.Number, passed))
            : Decision<EnvironmentEvent>.Nothing;
    }

    private static List<EnvironmentEvent> Revoke(EnvironmentState state, Packages.Candidate candidate, string rolledBackIn)
    {
        var known = state.Deployments.LastOrDefault(deployment =>
            deployment.Kind == DeploymentKind.Deploy && deployment.Candidate.Run == candidate.Run
            && deployment.PassedIn.ContainsKey(rolledBackIn));
        // What a person asked for may still wait at a gate.
        var asked = state.Waiting.Where(deployment => deployment.Kind == DeploymentKind.Promote
            && deployment.Candidate.Run == candidate.Run && deployment.PassedIn.ContainsKey(rolledBackIn));
        var events = new List<EnvironmentEvent>();
        foreach (var deployment in known is null ? asked : asked.Prepend(known))
        {
            events.Add(new UpstreamRevoked(deployment.Number, rolledBackIn));
            if (!deployment.IsOver && !deployment.IsActive)
                events.Add(new DeploymentEnded(
                    deployment.Number, DeploymentStatus.Refused, $"It was rolled back in '{rolledBackIn}'.", null));
        }

        return events;
    }

    private static Decision<EnvironmentEvent> Answer(EnvironmentState state, StageAnswered answered, DateTimeOffset now)
    {
        if (Webhooks.Answer(state, answered, now) is { } heard)
            return heard;
        if (state.Active is not { Stage: { } stage } active || DeploymentPlan.CommandFor(state, active)?.Id != answered.CommandId)
            return Decision<EnvironmentEvent>.Nothing;
        if (stage == Stage.Withdraw)
            return answered.Outcome == Outcome.Succeeded
                ? Withdrawn(active)
                : AskPerson(state, active, $"It could not be taken back: {answered.Reason}");
        return answered.Outcome switch
        {
            // A measurement whose fate is unknown is one that says nothing.
            Outcome.Succeeded or Outcome.Unknown when stage is Stage.Survey or Stage.Canary => Canary.Answer(state, active, answered, now),
            Outcome.Succeeded => Advance(state, active),
            Outcome.Unknown when stage == Stage.Contract => TakeBack(state, active, DeploymentStatus.Errored, answered.Reason, now),
            Outcome.Unknown => AskPerson(state, active, answered.Reason),
            Outcome.Failed => TakeBack(
                state, active, active.Moved && stage != Stage.Contract ? DeploymentStatus.RolledBack : DeploymentStatus.Failed, answered.Reason, now),
            Outcome.Errored => TakeBack(state, active, DeploymentStatus.Errored, answered.Reason, now),
            _ => throw new UnreachableException(),
        };
    }

    private static Decision<EnvironmentEvent> Advance(EnvironmentState state, Deployment active)
    {
        if (DeploymentPlan.After(state, active) is { } next)
            return Record(new StageBegan(active.Number, next, active.StartedAt!.Value + active.Definition(state.Name)!.Timeout));
        return Arrive(state, active);
    }

    private static Decision<EnvironmentEvent> Arrive(EnvironmentState state, Deployment active, string? acceptedBy = null)
    {
        if (active.Kind == DeploymentKind.Contract)
            return Record(new Contracted(active.Number) { AcceptedBy = acceptedBy });
        var live = new WentLive(active.Number) { AcceptedBy = acceptedBy };
        var goesBack = active.Kind == DeploymentKind.Promote
            && state.Versions.Any(version => version.Candidate.Order > active.Candidate.Order);
        return goesBack
            ? Record(live, new HoldSet(active.By, $"Run {active.Candidate.Run} was promoted over a newer version."))
            : Record(live);
    }

    /// <summary>What the stages before did is undone; a target that cannot be undone leaves it to a person.</summary>
    internal static Decision<EnvironmentEvent> TakeBack(
        EnvironmentState state, Deployment active, DeploymentStatus conclusion, string reason, DateTimeOffset now)
    {
        if (DeploymentPlan.NoWayBack(state, active) is { } why)
        {
            // A person who cancels has decided; a command that said no has not arrived. Otherwise somebody has to look.
            var isDecided = active.Status == DeploymentStatus.NeedsDecision || active.Stage is Stage.Deploy or Stage.Contract;
            return isDecided
                ? Record(new DeploymentEnded(
                    active.Number, conclusion == DeploymentStatus.RolledBack ? DeploymentStatus.Failed : conclusion, reason, null))
                : AskPerson(state, active, $"{reason} {why}");
        }

        return Record(new WithdrawalBegan(active.Number, conclusion, reason, now + DeploymentPlan.WithdrawTimeout));
    }

    private static Decision<EnvironmentEvent> Withdrawn(Deployment active)
    {
        if (active is { Kind: DeploymentKind.Stop, Conclusion: null })
            return Record(new Stopped(active.Number));
        var ended = new DeploymentEnded(active.Number, active.Conclusion!.Value, active.Reason, null);
        // A rollback that failed says nothing against the version that it was going back to.
        return active is { Conclusion: DeploymentStatus.RolledBack, Kind: not DeploymentKind.Rollback }
            ? Record(ended, new PackageQuarantined(active.Candidate.Package.Digest, active.Settings!.Revision, active.Number))
            : Record(ended);
    }

    /// <summary>A hold that somebody set stays his, with his reason.</summary>
    private static Decision<EnvironmentEvent> AskPerson(EnvironmentState state, Deployment active, string reason)
    {
        var needed = new DecisionNeeded(active.Number, reason);
        return state.Hold is null ? Record(needed, new HoldSet(Automation, $"Deployment {active.Number} needs a decision: {reason}")) : Record(needed);
    }

    private static Decision<EnvironmentEvent> PromoteByHand(EnvironmentState state, Promote promote)
    {
        var offered = state.Deployments.LastOrDefault(deployment =>
            deployment.Kind == DeploymentKind.Deploy && deployment.Candidate.Run == promote.Run);
        if (offered?.Definition(state.Name) is not { } definition)
            return Decision<EnvironmentEvent>.Refuse($"Run {promote.Run} was never offered to '{state.Name}'.");
        if (definition.After.FirstOrDefault(name => !offered.PassedIn.ContainsKey(name)) is { } missing)
            return Decision<EnvironmentEvent>.Refuse(
                $"Run {promote.Run} has to be live in '{missing}' before it can go to '{state.Name}'.");
        if (Migrations.Bars(state, offered.Candidate) is { } barred)
            return Decision<EnvironmentEvent>.Refuse($"Run {promote.Run} cannot be deployed to '{state.Name}' any more. {barred}");
        var bringing = state.Deployments.Where(deployment => !deployment.IsOver && deployment.Candidate.Run == promote.Run).ToList();
        // One that waits at a gate may be asked for again, to pass over it.
        if (bringing.Find(deployment => deployment.IsActive
            || (deployment.Kind == DeploymentKind.Promote && (promote.Override is null || deployment.Override is not null))) is { } same)
            return Decision<EnvironmentEvent>.Refuse($"Deployment {same.Number} is bringing run {promote.Run} to '{state.Name}' already.");
        var asked = new DeploymentOffered(
            state.NextDeployment, DeploymentKind.Promote, offered.Candidate, null, promote.By, null, null, null) { Override = promote.Override };
        var events = DeploymentQueue.PassedAlready(asked, offered).Concat(Approvals.OfPromotion(state, offered, asked.Deployment, promote.By));
        return events.Concat(bringing.Where(waiting => waiting.IsGated).Select(waiting => new DeploymentEnded(
            waiting.Number, DeploymentStatus.Superseded, $"{promote.By} promoted the run.", asked.Deployment))).ToValueList();
    }

    private static Decision<EnvironmentEvent> Cancel(EnvironmentState state, CancelDeployment cancel, DateTimeOffset now)
    {
        var reason = $"Canceled by {cancel.By}.";
        return state.Deployment(cancel.Deployment) switch
        {
            null => Decision<EnvironmentEvent>.Refuse($"'{state.Name}' has no deployment {cancel.Deployment}."),
            { IsOver: true } => Decision<EnvironmentEvent>.Refuse($"Deployment {cancel.Deployment} is over."),
            { Status: DeploymentStatus.RollingBack } =>
                Decision<EnvironmentEvent>.Refuse($"Deployment {cancel.Deployment} is being taken back already."),
            { IsActive: true } active => TakeBack(state, active, DeploymentStatus.Canceled, reason, now),
            _ => Record(new DeploymentEnded(cancel.Deployment, DeploymentStatus.Canceled, reason, null)),
        };
    }

    private static Decision<EnvironmentEvent> Accept(EnvironmentState state, AcceptDeployment accept) =>
        state.Deployment(accept.Deployment) is { Status: DeploymentStatus.NeedsDecision, Kind: not DeploymentKind.Stop } deployment
            ? Arrive(state, deployment, accept.By)
            : Decision<EnvironmentEvent>.Refuse($"Deployment {accept.Deployment} of '{state.Name}' does not wait for a decision.");

    private static Decision<EnvironmentEvent> Change(EnvironmentState state, ChangeSettings change)
    {
        var variables = state.Settings.Variables;
        foreach (var (name, value) in change.Variables)
            variables = value is null ? variables.Without(name) : variables.With(name, value);
        var secrets = state.Settings.Secrets;
        foreach (var (name, isSet) in change.Secrets)
            secrets = isSet ? secrets.With(name, state.NextRevision) : secrets.Without(name);
        return variables.Equals(state.Settings.Variables) && secrets.Equals(state.Settings.Secrets)
            ? Decision<EnvironmentEvent>.Nothing
            : Record(new SettingsChanged(state.NextRevision, variables, secrets, change.By));
    }

    private static bool Matches(HandOver news, string to, int run, bool passed) =>
        news.To == to && news.Candidate.Run == run && news.Passed == passed;

    private static Decision<EnvironmentEvent> Record(params ReadOnlySpan<EnvironmentEvent> events) => ValueList.Create(events);
}
