using Towpath.Core;
using Towpath.Core.Environments;
using Towpath.Core.Packages;
using Towpath.Core.Pipelines;

namespace Towpath.Simulation.Checkers;

/// <summary>Guarantee 10.</summary>
internal sealed class OneDeploymentAtATime : Checker
{
    private readonly Dictionary<StreamId, int> underWay = [];

    public override string Promise => "An environment is changed by one deployment at a time";

    protected override string? OnStored(StreamId stream, MachineEvent stored)
    {
        switch (stored)
        {
            case DeploymentStarted started:
                return underWay.TryAdd(stream, started.Deployment) ? null : $"deployment {started.Deployment} started while {underWay[stream]} was under way";
            case WentLive live:
                return End(stream, live.Deployment);
            case Stopped stopped:
                return End(stream, stopped.Deployment);
            case DeploymentEnded ended:
                return End(stream, ended.Deployment);
            default:
                return null;
        }
    }

    private string? End(StreamId stream, int deployment)
    {
        if (underWay.GetValueOrDefault(stream) == deployment)
            underWay.Remove(stream);
        return null;
    }
}

/// <summary>Books that several checkers keep: what was offered, and what is live where.</summary>
internal abstract class EnvironmentChecker : Checker
{
    protected Dictionary<(StreamId Environment, int Deployment), DeploymentOffered> Offers { get; } = [];

    protected Dictionary<(StreamId Environment, int Deployment), Settings> Settings { get; } = [];

    protected Dictionary<StreamId, long> LiveOrder { get; } = [];

    protected sealed override string? OnStored(StreamId stream, MachineEvent stored)
    {
        if (stored is DeploymentOffered offered)
            Offers[(stream, offered.Deployment)] = offered;
        if (stored is DeploymentStarted started)
            Settings[(stream, started.Deployment)] = started.Settings;
        var broken = Look(stream, stored);
        if (stored is WentLive live)
            LiveOrder[stream] = Offers[(stream, live.Deployment)].Candidate.Order;
        return broken;
    }

    protected abstract string? Look(StreamId stream, MachineEvent stored);

    protected static bool IsAutomatic(DeploymentOffered offered) => offered.Kind is DeploymentKind.Deploy or DeploymentKind.Settings;
}

/// <summary>Guarantee 11, and that what became live somewhere is offered to the environments after it.</summary>
internal sealed class PassedBefore : EnvironmentChecker
{
    private readonly HashSet<(StreamId Environment, Digest Package)> lived = [];
    private readonly HashSet<(StreamId Environment, int Run)> owed = [];

    public override string Promise => "An environment only gets what passed the ones before it, and gets all of that";

    protected override string? Look(StreamId stream, MachineEvent stored)
    {
        switch (stored)
        {
            case DeploymentOffered offered:
                owed.Remove((stream, offered.Candidate.Run));
                return null;
            case DeploymentStarted started:
                var start = Offers[(stream, started.Deployment)];
                var missing = start.Candidate.Pipeline.Environment(stream.Environment!)!.After
                    .FirstOrDefault(name => !lived.Contains((StreamId.OfEnvironment(stream.Project, name), start.Candidate.Package.Digest)));
                return missing is null ? null : $"run {start.Candidate.Run} started here and was never live in {missing}";
            case WentLive live:
                var candidate = Offers[(stream, live.Deployment)].Candidate;
                lived.Add((stream, candidate.Package.Digest));
                if (Offers[(stream, live.Deployment)].Kind == DeploymentKind.Deploy)
                    owed.UnionWith(candidate.Pipeline.EnvironmentsAfter(stream.Environment!).Select(later => (StreamId.OfEnvironment(stream.Project, later.Name), candidate.Run))
                        .Where(debt => !Offers.Any(offer => offer.Key.Environment == debt.Item1 && offer.Value.Candidate.Run == debt.Run)));
                return null;
            default:
                return null;
        }
    }

    public override string? AtTheEnd(Ending ending) => owed.Count == 0 ? null : $"run {owed.First().Run} was never offered to {owed.First().Environment}";
}

/// <summary>Guarantee 12.</summary>
internal sealed class NeverOlderByItself : EnvironmentChecker
{
    public override string Promise => "An older commit never replaces a newer one by itself";

    protected override string? Look(StreamId stream, MachineEvent stored) =>
        stored is DeploymentStarted started && Offers[(stream, started.Deployment)] is var offer && IsAutomatic(offer)
            && LiveOrder.TryGetValue(stream, out var live) && offer.Candidate.Order < live
            ? $"run {offer.Candidate.Run} started over a newer one"
            : null;
}

/// <summary>Guarantee 14: holds, rollbacks and quarantine bind automation.</summary>
internal sealed class PeopleArePaidHeed : EnvironmentChecker
{
    private readonly HashSet<StreamId> held = [];
    private readonly HashSet<(StreamId Environment, Digest Package, int Settings)> quarantine = [];

    public override string Promise => "Automation neither starts under a hold nor deploys again what was rolled back";

    protected override string? Look(StreamId stream, MachineEvent stored)
    {
        switch (stored)
        {
            case HoldSet:
                held.Add(stream);
                return null;
            case HoldLifted:
                held.Remove(stream);
                return null;
            case PackageQuarantined entry:
                quarantine.Add((stream, entry.Package, entry.SettingsRevision));
                return null;
            case DeploymentEnded { Status: DeploymentStatus.RolledBack } ended when Offers[(stream, ended.Deployment)].Kind != DeploymentKind.Rollback:
                quarantine.Add((stream, Offers[(stream, ended.Deployment)].Candidate.Package.Digest, Settings[(stream, ended.Deployment)].Revision));
                return null;
            case DeploymentOffered { Kind: DeploymentKind.Rollback } when !held.Contains(stream):
                return "a rollback by hand did not hold the environment";
            case DeploymentStarted started when Offers[(stream, started.Deployment)] is var offer && IsAutomatic(offer):
                return held.Contains(stream) ? "automation started under a hold"
                    : quarantine.Contains((stream, offer.Candidate.Package.Digest, started.Settings.Revision)) ? "automation deployed again what was rolled back"
                    : null;
            default:
                return null;
        }
    }
}

/// <summary>Apps: started and checked before traffic moves. Commands: deployed before they are verified.</summary>
internal sealed class CheckedBeforeTraffic : EnvironmentChecker
{
    private readonly HashSet<(StreamId Environment, int Deployment)> passed = [];

    public override string Promise => "No traffic goes to a version that was not checked";

    protected override string? Look(StreamId stream, MachineEvent stored)
    {
        switch (stored)
        {
            case StageBegan { Stage: Stage.Check } check:
                passed.Add((stream, check.Deployment));
                return null;
            case StageBegan { Stage: Stage.Shift } shift when !passed.Contains((stream, shift.Deployment)):
                return $"deployment {shift.Deployment} was not checked";
            case DeploymentEnded { Status: DeploymentStatus.Superseded, SupersededBy: null } ended:
                return $"deployment {ended.Deployment} was superseded by nothing";
            default:
                return null;
        }
    }
}

/// <summary>Guarantees 13 and 16: when faults have stopped everything is over, and traffic goes where the record says.</summary>
internal sealed class EverythingEnds : EnvironmentChecker
{
    private readonly HashSet<StreamId> decidedByPerson = [];

    public override string Promise => "Everything ends, and traffic is on the live version";

    protected override string? Look(StreamId stream, MachineEvent stored)
    {
        if (stored is DecisionNeeded)
            decidedByPerson.Add(stream);
        else if (stored is DeploymentStarted)
            decidedByPerson.Remove(stream);
        return null;
    }

    public override string? AtTheEnd(Ending ending)
    {
        foreach (var stream in Story.Streams(ending.Journal).Select(StreamId.Parse))
        {
            var broken = Replay(ending.Journal, stream) switch
            {
                Core.Commits.ProjectState { Pushes.Count: > 0 } => "a push was never settled",
                Core.Runs.RunState { IsOver: false } run => $"the run is still {run.Status}",
                EnvironmentState state => Open(state) ?? (decidedByPerson.Contains(stream) ? null : Misled(state, ending.Traffic.GetValueOrDefault(stream.Text.Replace("/environments", "", StringComparison.Ordinal)))),
                _ => null,
            };
            if (broken is not null)
                return $"{stream}: {broken}";
        }

        return null;
    }

    private static string? Open(EnvironmentState state) =>
        state.Deployments.FirstOrDefault(deployment => !deployment.IsOver) is { } open ? $"deployment {open.Number} is still {open.Status}: {open.Reason}" : null;

    /// <summary>A command target that cannot be undone may rightly be left half done.</summary>
    private static string? Misled(EnvironmentState state, string? traffic) =>
        state.Deployments.Any(deployment => deployment.Definition(state.Name)?.Target is CommandTarget) || traffic == state.Live?.Release
            ? null
            : $"traffic goes to {traffic ?? "nothing"} and {state.Live?.Release ?? "nothing"} is live";
}
