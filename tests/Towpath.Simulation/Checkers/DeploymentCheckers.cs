using Towpath.Core;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;

namespace Towpath.Simulation.Checkers;

/// <summary>Guarantee 10.</summary>
internal sealed class OneDeploymentAtATime(Books books) : Checker(books)
{
    public override string Promise => "An environment is changed by one deployment at a time";

    public override string? Look(in Fact fact) => fact.Event is DeploymentStarted started && fact.Environment.UnderWay is { } other
        ? $"deployment {started.Deployment} started while {other.Number} was under way"
        : null;
}

/// <summary>Guarantee 11, and that what became live somewhere is offered to the environments after it.</summary>
internal sealed class PassedBefore(Books books) : Checker(books)
{
    public override string Promise => "An environment only gets what passed the ones before it, and gets all of that";

    public override string? Look(in Fact fact)
    {
        if (fact.Event is not DeploymentStarted started || fact.Deployment(started.Deployment) is not { Kind: DeploymentKind.Deploy } line)
            return null;
        var project = fact.Page.Project;
        return line.Definition(fact.Environment.Name)!.After.FirstOrDefault(name => Books.Environment(project, name)?.Passed.ContainsKey(line.Candidate.Run) != true) is { } missing
            ? $"run {line.Candidate.Run} started here and is not live in {missing}, or was rolled back there"
            : null;
    }

    public override string? AtTheEnd(Ending ending)
    {
        if (Books.Pages.OfType<EnvironmentPage>().FirstOrDefault(page => page.Owed.Count > 0) is { } owing)
            return $"{owing.Stream} never got rid of the news of run {owing.Owed.First().Run} for {owing.Owed.First().To}";
        if (Books.Pages.OfType<RunPage>().FirstOrDefault(page => page.Owed.Any()) is { } run)
            return $"{run.Stream} was never offered to {run.Owed.First()}";
        foreach (var page in Books.Pages.OfType<EnvironmentPage>())
        {
            foreach (var version in page.Versions.Where(version => version.Kind == DeploymentKind.Deploy))
            {
                var missing = version.Candidate.Pipeline.Environments.FirstOrDefault(later => later.After.Contains(page.Name)
                    && Books.Environment(page.Project, later.Name)?.Deployments.Values.Any(offer => offer.Candidate.Run == version.Candidate.Run) != true);
                if (missing is not null)
                    return $"run {version.Candidate.Run} of {page.Project} was never offered to {missing.Name}";
            }
        }

        return null;
    }
}

/// <summary>Guarantee 12.</summary>
internal sealed class NeverOlderByItself(Books books) : Checker(books)
{
    public override string Promise => "An older commit never replaces a newer one by itself";

    public override string? Look(in Fact fact) =>
        fact.Event is DeploymentStarted started && fact.Deployment(started.Deployment) is { IsAutomatic: true } line
            && fact.Environment.Versions is [.., var live] && line.Candidate.Order < live.Candidate.Order
            ? $"run {line.Candidate.Run} started over a newer one"
            : null;
}

/// <summary>Guarantee 14: holds, rollbacks and quarantine bind automation.</summary>
internal sealed class PeopleArePaidHeed(Books books) : Checker(books)
{
    public override string Promise => "Automation neither starts under a hold nor deploys again what was rolled back";

    public override string? Look(in Fact fact)
    {
        var page = fact.Page as EnvironmentPage;
        switch (fact.Event)
        {
            case DeploymentEnded { Status: DeploymentStatus.RolledBack } ended when fact.Deployment(ended.Deployment) is { Kind: not DeploymentKind.Rollback } line:
                page!.Quarantine.Add((line.Candidate.Package.Digest, line.Settings!.Revision));
                return null;
            case DeploymentOffered { Kind: DeploymentKind.Rollback } when page!.Hold is null:
                return "a rollback by hand did not hold the environment";
            // One that was under way and is ended by the same word took nothing back yet: it goes to what is live.
            case DeploymentOffered { Kind: DeploymentKind.Rollback } back when page is { UnderWay: null, Live: { } live } && back.Undoes == live.Number && !page.Quarantine.Contains((live.Candidate.Package.Digest, live.Settings!.Revision)):
                return "a person's rollback did not quarantine what it takes back";
            case DeploymentOffered { Kind: DeploymentKind.Rollback } to when page!.Quarantine.Contains((to.Candidate.Package.Digest, to.Settings!.Revision))
                && page.Live?.Candidate.Run != to.Candidate.Run && !page.IsStopped:
                return "a person's rollback goes back to what was rolled back itself";
            case DeploymentOffered { Kind: DeploymentKind.Rollback } to when page is { UnderWay: null, IsStopped: false } && LeftOpen(page, to) is { } between:
                return $"a person went back behind run {between.Candidate.Run}, and it may come again by itself";
            case DeploymentStarted started when fact.Deployment(started.Deployment) is { IsAutomatic: true } line:
                return page!.Hold is not null ? "automation started under a hold"
                    : page.Quarantine.Contains((line.Candidate.Package.Digest, started.Settings.Revision)) ? "automation deployed again what was rolled back"
                    : null;
            case HoldLifted { By: EnvironmentMachine.Automation }:
                return "automation lifted a hold";
            default:
                return null;
        }
    }

    /// <summary>A version after the one that a person goes back to that is neither the same nor quarantined; null: none is.</summary>
    private static DeploymentLine? LeftOpen(EnvironmentPage page, DeploymentOffered to)
    {
        bool IsTarget(DeploymentLine version) => version.Candidate.Package.Digest == to.Candidate.Package.Digest && version.Settings!.Revision == to.Settings!.Revision;
        var target = page.Versions.FindLastIndex(IsTarget);
        return target < 0 ? null : page.Versions.Skip(target + 1)
            .FirstOrDefault(version => !page.Quarantine.Contains((version.Candidate.Package.Digest, version.Settings!.Revision)));
    }
}

/// <summary>The newest that is ready supersedes older ones; or every candidate goes in, in order. People go before both.</summary>
internal sealed class QueueKeepsItsMode(Books books) : Checker(books)
{
    public override string Promise => "The queue keeps its mode, and what is superseded says by what";

    public override string? Look(in Fact fact)
    {
        switch (fact.Event)
        {
            case DeploymentEnded { Status: DeploymentStatus.Superseded, SupersededBy: null } ended:
                return $"deployment {ended.Deployment} was superseded by nothing";
            case DeploymentEnded { Status: DeploymentStatus.Superseded, SupersededBy: { } newer } ended:
                return Superseded(fact, fact.Deployment(ended.Deployment), fact.Environment.Deployments.GetValueOrDefault(newer))
                    ?? Overtaken(fact, fact.Deployment(ended.Deployment), fact.Environment.Deployments[newer]);
            case DeploymentStarted started when fact.Deployment(started.Deployment) is { IsAutomatic: true } line:
                var at = fact.At;
                var page = fact.Environment;
                return page.Waiting.Values.FirstOrDefault(waiting => !waiting.IsAutomatic && !GateReckoning.Missing(Books, page, waiting, at).Any()) is { } asked
                    ? $"deployment {line.Number} started before {asked.Number}, which a person asked for"
                    : OutOfOrder(fact.Environment, line);
            default:
                return null;
        }
    }

    private static string? Superseded(in Fact fact, DeploymentLine older, DeploymentLine? newer)
    {
        if (newer is null || newer.Candidate.Order < older.Candidate.Order)
            return $"deployment {older.Number} was superseded by what is not newer";
        var mode = newer.Definition(fact.Environment.Name)?.Queue;
        return mode == QueueMode.Every && newer.Kind != DeploymentKind.Promote ? $"deployment {older.Number} was superseded where every candidate has its turn" : null;
    }

    /// <summary>Only what is no further is superseded, and not by what waits for something that comes by itself.</summary>
    private string? Overtaken(in Fact fact, DeploymentLine older, DeploymentLine newer)
    {
        if (!newer.IsAutomatic)
            return null;
        if (newer.WaitingSince is null)
            return $"deployment {older.Number} was superseded by {newer.Number}, which has not passed the environments before";
        var missing = GateReckoning.Missing(Books, fact.Environment, newer, fact.At).ToList();
        if (missing.Find(gate => gate is SoakGate or WebhookGate) is { } waits)
            return $"deployment {older.Number} was superseded by {newer.Number}, which waits for its {waits.Name} itself";
        if (older.WaitingSince is null || missing.Count == 0)
            return null;
        var lacks = GateReckoning.Missing(Books, fact.Environment, older, fact.At).ToList();
        return missing.Find(gate => !lacks.Contains(gate)) is { } behind
            ? $"deployment {older.Number} was superseded by {newer.Number}, which is behind it at its {behind.Name}"
            : null;
    }

    private static string? OutOfOrder(EnvironmentPage page, DeploymentLine line)
    {
        if (line.Definition(page.Name)?.Queue != QueueMode.Every)
            return null;
        var earlier = page.Waiting.Values.FirstOrDefault(waiting => waiting.Number != line.Number && waiting.IsAutomatic && waiting.Candidate.Order < line.Candidate.Order
            && waiting.Definition(page.Name) is { Queue: QueueMode.Every } definition && definition.After.All(waiting.PassedIn.Contains));
        return earlier is null ? null : $"deployment {line.Number} started before {earlier.Number}, which has been ready and is older";
    }
}

/// <summary>Apps: started and checked before traffic moves. Commands: deployed before they are verified.</summary>
internal sealed class CheckedBeforeTraffic(Books books) : Checker(books)
{
    private readonly HashSet<(Page Environment, int Deployment)> passed = [];

    public override string Promise => "No traffic goes to a version that was not checked";

    public override string? Look(in Fact fact)
    {
        switch (fact.Event)
        {
            case StageBegan { Stage: Stage.Check } check:
                passed.Add((fact.Page, check.Deployment));
                return null;
            case StageBegan { Stage: Stage.Shift } shift when !passed.Contains((fact.Page, shift.Deployment)):
                return $"deployment {shift.Deployment} was not checked";
            case WentLive live when fact.Deployment(live.Deployment) is { NeedsDecision: false } line
                && line.Stage != (line.Definition(fact.Environment.Name)!.Target is CommandTarget ? Stage.Verify : Stage.Shift):
                return $"deployment {live.Deployment} went live from stage {line.Stage}";
            case DeploymentEnded { Status: not DeploymentStatus.Live } ended when fact.Deployment(ended.Deployment) is { Kind: not (DeploymentKind.Stop or DeploymentKind.Contract) } line:
                return NotTakenBack(fact, line);
            default:
                return null;
        }
    }

    /// <summary>What was begun is taken back, unless nothing can be.</summary>
    private static string? NotTakenBack(in Fact fact, DeploymentLine line) =>
        line.Stage is null or Stage.Withdraw || IsForGood(fact.Environment, line)
            ? null
            : $"deployment {line.Number} ended in stage {line.Stage} and nothing was taken back";

    private static bool IsForGood(EnvironmentPage page, DeploymentLine line) => line.Definition(page.Name)!.Target switch
    {
        CommandTarget when line.Kind == DeploymentKind.Rollback && !IsDeployedAgain(page, line) => true,
        CommandTarget { Undo: UndoMode.None } => true,
        CommandTarget { Undo: UndoMode.Redeploy } => page.Live is not { } live || live.Definition(page.Name)?.Target is CommandTarget { Repeatable: false },
        _ => false,
    };

    /// <summary>Going back is left to an undo command, and where what it takes back never arrived there is nothing to do.</summary>
    private static bool IsDeployedAgain(EnvironmentPage page, DeploymentLine line)
    {
        var undone = line.Undoes is { } number ? page.Deployments[number] : page.Live;
        return undone is { Ended: DeploymentStatus.Live } && undone.Definition(page.Name)?.Target is not CommandTarget { Undo: UndoMode.Command };
    }
}

/// <summary>Guarantees 13 and 16: when faults have stopped everything is over, and traffic goes where the record says.</summary>
internal sealed class EverythingEnds(Books books) : Checker(books)
{
    public override string Promise => "Everything ends, and traffic is on the live version";

    public override string? AtTheEnd(Ending ending)
    {
        if (Books.Wanted.Count > 0)
            return $"{Books.Wanted.First()} is still under way";
        foreach (var page in Books.Pages)
        {
            var broken = page switch
            {
                RunPage { IsOver: false } => "the run is not over",
                EnvironmentPage environment => Open(environment) ?? Misled(environment, ending),
                _ => null,
            };
            if (broken is not null)
                return $"{page.Stream}: {broken}";
        }

        return null;
    }

    private static string? Open(EnvironmentPage page) =>
        (page.UnderWay ?? page.Waiting.Values.FirstOrDefault()) is { } open ? $"deployment {open.Number} ({open.Kind}) is not over, in stage {open.Stage?.ToString() ?? "none"}" : null;

    /// <summary>A command target that cannot be undone may rightly be left half done, and so may what a person accepted.</summary>
    private static string? Misled(EnvironmentPage page, Ending ending) =>
        ending.TrafficOf(page.Project, page.Name) is var traffic
        && (page.IsDecidedByPerson || traffic == page.Live?.Release
            || page.Deployments.Values.Any(deployment => deployment.Definition(page.Name)?.Target is CommandTarget))
            ? null
            : $"traffic goes to {traffic ?? "nothing"} and {page.Live?.Release ?? "nothing"} is live";
}
