using Microsoft.AspNetCore.Http;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Packages;
using Towpath.Engine.Packages;
using Towpath.Engine.Views;
using Towpath.Server.Web.Design;

namespace Towpath.Server.Web.Packages;

/// <summary>Where a package came to, in one environment.</summary>
/// <param name="State">Of its last deployment there; of one that arrived what became of it since: <c>live</c>, <c>was-live</c>, <c>taken-back</c>.</param>
/// <param name="Since">When it became live, the last time; null: it never did, or that was too long ago.</param>
/// <param name="Until">When something else followed it; null: nothing has.</param>
public sealed record PackagePlace(string Environment, string State, DeploymentView Last, DateTimeOffset? Since, DateTimeOffset? Until);

/// <summary>A layer of a package, and what can be told of it now.</summary>
/// <param name="Name"><c>app</c> or <c>deploy</c>.</param>
/// <param name="Size">In bytes; null: it is not in the store.</param>
public sealed record PackageLayer(string Name, Digest Digest, long? Size);

/// <summary>What a run's package is, where it comes from, and what is in it.</summary>
internal static class PackagePages
{
    public static async Task<IResult> ShowAsync(
        string project, int run, Inventory inventory, PackageStore store, TimeProvider time, HttpContext context, string layer = "app", string find = "")
    {
        if (inventory.Project(project) is not { } known)
            return PageResults.NotHere(Asked.NoProject(project).Sentence);
        if (inventory.Run(project, run) is not { } found)
            return PageResults.NotHere(Asked.NoRun(project, run).Sentence, $"/{Look.Part(project)}", $"To {project}");
        if (found.Package is not { } package)
            return PageResults.NotHere(Asked.NoPackage(found).Sentence, $"/{Look.Part(project)}/runs/{run}", $"To run {run}");
        var wanted = find.Length > LayerListing.FindAtMost ? find[..LayerListing.FindAtMost] : find;
        IReadOnlyList<PackageLayer> layers = [Layer("app", package.App), Layer("deploy", package.Deploy)];
        var shown = layers[layer == "deploy" ? 1 : 0];
        var (listing, problem) = found.Collected is null ? await ListAsync(store, shown.Digest, wanted, time, context.RequestAborted) : (null, "");
        return PageResults.Page<PackagePage>(new
        {
            Run = found,
            View = inventory.View(found),
            Package = package,
            Layers = layers,
            Shown = shown,
            Places = Places(inventory, known, run),
            Listing = listing,
            Problem = problem,
            Find = wanted,
            inventory.Now,
        });

        PackageLayer Layer(string name, Digest digest) => new(name, digest, SizeOf(store, digest));
    }

    /// <summary>Null: it is not there, or was removed at this moment.</summary>
    private static long? SizeOf(PackageStore store, Digest layer)
    {
        try
        {
            return store.Contains(layer) ? store.SizeOf(layer) : null;
        }
        catch (Exception e) when (e is PackageException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What cannot be listed takes nothing else from the page.</summary>
    private static async Task<(LayerListing? Listing, string Problem)> ListAsync(
        PackageStore store, Digest layer, string find, TimeProvider time, CancellationToken cancel)
    {
        try
        {
            return (await LayerListing.ReadAsync(store, layer, find, time, cancel), "");
        }
        catch (PackageException e)
        {
            return (null, e.Message);
        }
    }

    private static IReadOnlyList<PackagePlace> Places(Inventory inventory, ProjectState project, int run) =>
    [
        .. from destination in Models.Destinations(inventory, project, run)
           select Place(inventory, inventory.Environment(project, destination.Environment)!, destination),
    ];

    private static PackagePlace Place(Inventory inventory, EnvironmentState environment, Destination destination)
    {
        var last = destination.Deployment;
        var version = environment.Versions.LastOrDefault(version => version.Candidate.Run == last.Run);
        // What was tried again later and came to nothing says less than that it was live.
        if (last is { EndedAt: not null, State: not "live" } && version is not null && environment.Deployment(version.Deployment) is { } arrivedThen)
            last = DeploymentView.Of(environment, arrivedThen, inventory.Now);
        var arrived = last.State == "live";
        var undone = environment.Deployments.Any(later => later.Undoes == last.Number && later.Status == DeploymentStatus.Live);
        return new PackagePlace(
            environment.Name, destination.IsLive ? "live" : !arrived ? last.State : undone ? "taken-back" : "was-live", last,
            version?.Since ?? (arrived ? last.EndedAt : null),
            version is null || destination.IsLive ? null : Models.LiveUntil(environment, LiveView.Of(version)));
    }
}
