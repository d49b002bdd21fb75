using Towpath.Core.Environments;

namespace Towpath.Simulation.Checkers;

/// <summary>While there is a way back nothing that it needs is taken away, and afterwards nobody goes it.</summary>
internal sealed class WayBackIsKept(Books books) : Checker(books)
{
    public override string Promise => "A contract migration runs once, when nothing older can come back, and nothing older does";

    public override string? Look(in Fact fact)
    {
        switch (fact.Event)
        {
            case StageBegan { Stage: Stage.Contract } began when fact.Deployment(began.Deployment) is var line:
                return Contract(fact, line);
            case DeploymentOffered { Kind: DeploymentKind.Contract } offered when fact.Environment.Hold is not null:
                return $"deployment {offered.Deployment} was begun under a hold";
            case DeploymentStarted started when fact.Deployment(started.Deployment) is { Kind: DeploymentKind.Rollback or DeploymentKind.Promote } line:
                return fact.Environment.Barred.Contains(line.Candidate.Run) && line.Kind == DeploymentKind.Rollback
                    || (line.Candidate.Order < fact.Environment.ContractedOrder && line.Kind == DeploymentKind.Promote)
                    ? $"deployment {line.Number} goes to run {line.Candidate.Run}, which cannot work any more"
                    : null;
            default:
                return null;
        }
    }

    private static string? Contract(in Fact fact, DeploymentLine line)
    {
        var version = fact.Environment.Versions.Find(version => version.Candidate.Run == line.Candidate.Run && version.Release == line.Release);
        return version is null ? $"deployment {line.Number} is for a version that is not there"
            : fact.Environment.Contracted.Contains(line.Candidate.Run) ? $"deployment {line.Number} does again what was done"
            : fact.At < version.LiveSince + version.Definition(fact.Environment.Name)!.Migrations!.ContractAfter
                ? $"deployment {line.Number} came while what was before run {line.Candidate.Run} could come back"
            : null;
    }
}
