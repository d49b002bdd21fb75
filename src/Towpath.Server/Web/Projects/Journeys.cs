using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Engine.Git;
using Towpath.Engine.Views;
using Towpath.Server.Web.Design;

namespace Towpath.Server.Web.Projects;

/// <summary>A commit's way: what builds it, then each environment.</summary>
/// <param name="Author">Null when it is not known.</param>
public sealed record Journey(RunView Run, string? Author, IReadOnlyList<Station> Stations);

/// <param name="State">A state of a run or a deployment, <c>live-now</c>, <c>was-live</c>, <c>taken-back</c>, or <c>not-reached</c>.</param>
/// <param name="Href">Where it is told; null: there is nothing to tell.</param>
/// <param name="Says">More than the state says; empty: nothing.</param>
public sealed record Station(string Name, string State, string? Href, string Says)
{
    /// <summary>The commit has not come to it, or did not get in.</summary>
    public bool IsAhead => State is "not-reached" or "offered" or "waiting" or "queued" or "superseded" or "outdated" or "refused" or "canceled";
}

/// <summary>What becomes live next in an environment, or in several.</summary>
/// <param name="From">The run that is live there; null: none is.</param>
/// <param name="Changes">Null when git did not say in time.</param>
public sealed record NextChanges(IReadOnlyList<string> Environments, LiveView? From, int Run, string Commit, CommitChanges? Changes);

/// <param name="Newest">Of its runs; null when that was too long ago.</param>
/// <param name="Ahead">What it has and the deployed branch has not; null: git did not say in time, or was not asked.</param>
public sealed record BranchView(string Name, string Commit, bool Deploys, RunView? Newest, CommitChanges? Ahead);

/// <summary>What a project's page draws.</summary>
internal static class Journeys
{
    /// <summary>Branches that a page shows.</summary>
    public const int BranchesAtMost = 50;

    /// <summary>Branches of which git is asked what they bring.</summary>
    private const int BranchesCompared = 10;

    /// <summary>How long a page waits for git.</summary>
    private static readonly TimeSpan GitWithin = TimeSpan.FromMilliseconds(500);

    public static IReadOnlyList<Station> Stations(RunView run, IReadOnlyList<EnvironmentState> environments)
    {
        var stations = new List<Station> { new("build", run.State, $"/{Look.Part(run.Project)}/runs/{run.Number}", run.Reason) };
        if (run.Deploys)
            stations.AddRange(environments.Select(environment => StationOf(run, environment)).OfType<Station>());
        return stations;
    }

    /// <summary>Of several environments with the same change there is one.</summary>
    public static async Task<IReadOnlyList<NextChanges>> NextAsync(CommitNotes notes, string project, IReadOnlyList<EnvironmentState> environments)
    {
        var nexts = environments.Select(environment => (environment.Name, environment.Live, Next: Next(environment)))
            .Where(one => one.Next is not null && one.Next.Commit != one.Live?.Candidate.Commit)
            .GroupBy(one => (From: one.Live?.Candidate.Commit, To: one.Next!.Commit)).ToList();
        var asked = nexts.Select(group => group.Key.From is { } from ? notes.ChangesAsync(project, from, group.Key.To) : Task.FromResult<CommitChanges?>(null)).ToList();
        await Task.WhenAny(Task.WhenAll(asked), Task.Delay(GitWithin));
        return
        [
            .. nexts.Zip(asked, (group, changes) => new NextChanges(
                [.. group.Select(one => one.Name)], group.First().Live is { } live ? LiveView.Of(live) : null, group.First().Next!.Run, group.Key.To,
                changes.IsCompletedSuccessfully ? changes.Result : null)),
        ];
    }

    /// <summary>The one that is deployed first, then those with the newest runs.</summary>
    public static async Task<IReadOnlyList<BranchView>> BranchesAsync(CommitNotes notes, Inventory inventory, ProjectState project)
    {
        var branches = Branches(inventory, project);
        if (branches is not [{ Deploys: true, Commit: var deployed }, ..])
            return branches;
        var asked = branches.Skip(1).Take(BranchesCompared).Select(branch => notes.ChangesAsync(project.Name, deployed, branch.Commit)).ToList();
        await Task.WhenAny(Task.WhenAll(asked), Task.Delay(GitWithin));
        return
        [
            .. branches.Select((branch, index) => index > 0 && index <= asked.Count && asked[index - 1] is { IsCompletedSuccessfully: true, Result: { } ahead }
                ? branch with { Ahead = ahead } : branch),
        ];
    }

    private static IReadOnlyList<BranchView> Branches(Inventory inventory, ProjectState project) =>
    [
        .. (from branch in project.Refs
           let last = project.Requests.LastOrDefault(request => request.Ref == branch.Key)
           let deploys = branch.Key == project.DefaultBranch
           orderby deploys descending, last?.Number ?? 0 descending
           select (branch, last, deploys))
            // Those that the page leaves out are only counted.
            .Select((one, index) => new BranchView(
                Look.Branch(one.branch.Key), one.branch.Value, one.deploys,
                one.last is null || index >= BranchesAtMost ? null : inventory.RunRow(project.Name, one.last.Number), null)),
    ];

    private static Core.Packages.Candidate? Next(EnvironmentState environment) =>
        environment.Active is { Kind: not (DeploymentKind.Stop or DeploymentKind.Contract) } active ? active.Candidate
            : environment.Waiting.MaxBy(waiting => waiting.Candidate.Order)?.Candidate;

    private static Station? StationOf(RunView run, EnvironmentState environment)
    {
        var last = environment.Deployments.LastOrDefault(deployment =>
            deployment.Candidate.Run == run.Number && deployment.Kind is not (DeploymentKind.Contract or DeploymentKind.Stop));
        if (last is null)
        {
            // Older deployments than these are not known any more: nothing can be said of what came of an older run.
            var isForgotten = environment.Deployments is [{ Number: > 1 } oldest, ..] && oldest.Candidate.Run > run.Number;
            return isForgotten ? null : new Station(environment.Name, "not-reached", null, "");
        }

        var state = environment.Live?.Candidate.Run == run.Number && !last.IsActive ? "live-now"
            : last.Status != DeploymentStatus.Live ? Word.Of(last.Status)
            : environment.Deployments.Any(later => later.Undoes == last.Number && later.Status == DeploymentStatus.Live) ? "taken-back" : "was-live";
        return new Station(
            environment.Name, state,
            $"/{Look.Part(environment.Project)}/environments/{Look.Part(environment.Name)}/deployments/{last.Number}",
            state is "live-now" or "was-live" ? "" : last.Reason);
    }
}
