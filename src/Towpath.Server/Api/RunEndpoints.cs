using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Towpath.Core.Runs;
using Towpath.Engine.Packages;
using Towpath.Engine.Views;

namespace Towpath.Server.Api;

internal static class RunEndpoints
{
    public static void MapRuns(this IEndpointRouteBuilder api)
    {
        var runs = api.MapGroup("/projects/{project}/runs").WithTags("Runs").ProducesProblem(StatusCodes.Status404NotFound);
        runs.MapGet("", List).WithSummary("Lists runs, newest first, without their jobs.")
            .WithDescription("'limit' is 1 to 500, 50 when it is missing; 'before' is the number of the last run of the page before.");
        runs.MapGet("{run:int}", Show).WithSummary("Shows a run with its jobs, steps, tests and package.");
        runs.MapPost("{run:int}/cancel", Cancel).ProducesProblem(StatusCodes.Status409Conflict)
            .WithSummary("Cancels a run: its processes are ended as a whole.");
        runs.MapPost("{run:int}/retry", Retry).ProducesProblem(StatusCodes.Status409Conflict)
            .WithSummary("Makes a new run of the same commit, definition and order; answers the new run.")
            .WithDescription("A run that succeeded is not built again: redeploy or promote it.");
        runs.MapGet("{run:int}/package", Package).ProducesProblem(StatusCodes.Status410Gone).WithSummary("Shows the package that a run produced.");
        runs.MapGet("{run:int}/package/files", FilesAsync).ProducesProblem(StatusCodes.Status410Gone).ProducesProblem(StatusCodes.Status503ServiceUnavailable)
            .WithSummary($"Lists the files in a package, the first {LayerListing.FilesAtMost}.")
            .WithDescription("'layer' is 'app', as when it is missing, or 'deploy'; 'find' is a part of the path, in any case.");
    }

    private static Results<Ok<IReadOnlyList<RunView>>, ProblemHttpResult> List(
        string project, Inventory inventory, int limit = 50, int? before = null)
    {
        if (inventory.Project(project) is null)
            return ApiAnswers.Problem(Asked.NoProject(project));
        return limit is < 1 or > Inventory.PageAtMost
            ? ApiAnswers.Problem(Asked.Invalid($"'limit' is a number from 1 to {Inventory.PageAtMost}, not {limit}."))
            : TypedResults.Ok(inventory.Runs(project, limit, before));
    }

    private static Results<Ok<RunView>, ProblemHttpResult> Show(string project, int run, Inventory inventory) =>
        Find(project, run, inventory, out var missing) is { } found ? TypedResults.Ok(inventory.View(found)) : missing!;

    private static async Task<Results<Ok<RunView>, ProblemHttpResult>> Cancel(
        string project, int run, Steering steering, Inventory inventory, HttpContext context)
    {
        var asked = await steering.CancelRunAsync(project, run, ApiAnswers.By(context));
        return asked.Status == AskedStatus.Taken ? TypedResults.Ok(inventory.View(inventory.Run(project, run)!))
            : ApiAnswers.Problem(asked);
    }

    private static async Task<Results<Created<RunView>, ProblemHttpResult>> Retry(
        string project, int run, Steering steering, Inventory inventory, HttpContext context)
    {
        var asked = await steering.RetryAsync(project, run, ApiAnswers.By(context));
        return asked is { Status: AskedStatus.Taken, Run: { } number } ? Created(project, number, inventory) : ApiAnswers.Problem(asked);
    }

    private static Results<Ok<PackageDetails>, ProblemHttpResult> Package(string project, int run, Inventory inventory) =>
        FindPackage(project, run, inventory, out var missing) is { Package: { } package } found
            ? TypedResults.Ok(new PackageDetails(
                run, found.Request.Commit, package.Digest.ToString(), package.App.ToString(), package.Deploy.ToString(), package.Size,
                PackagePartView.Of(found)))
            : missing!;

    private static async Task<Results<Ok<PackageFiles>, ProblemHttpResult>> FilesAsync(
        string project, int run, Inventory inventory, PackageStore store, TimeProvider time, HttpContext context,
        string layer = "app", string find = "")
    {
        if (FindPackage(project, run, inventory, out var missing) is not { Package: { } package })
            return missing!;
        if (layer is not ("app" or "deploy"))
            return ApiAnswers.Problem(Asked.Invalid($"'layer' is 'app' or 'deploy', not '{layer}'."));
        if (find.Length > LayerListing.FindAtMost)
            return ApiAnswers.Problem(Asked.Invalid($"'find' has at most {LayerListing.FindAtMost} characters."));
        try
        {
            var listing = await LayerListing.ReadAsync(store, layer == "app" ? package.App : package.Deploy, find, time, context.RequestAborted);
            return TypedResults.Ok(new PackageFiles(run, layer, listing.Files, listing.Found, listing.Count, listing.IsWhole));
        }
        catch (PackageException e)
        {
            return ApiAnswers.Problem(StatusCodes.Status503ServiceUnavailable, e.Message);
        }
    }

    internal static Created<RunView> Created(string project, int number, Inventory inventory) =>
        TypedResults.Created($"/api/v1/projects/{project}/runs/{number}", inventory.View(inventory.Run(project, number)!));

    private static RunState? Find(string project, int run, Inventory inventory, out ProblemHttpResult? missing)
    {
        var found = inventory.Project(project) is null ? null : inventory.Run(project, run);
        missing = found is not null ? null
            : ApiAnswers.Problem(inventory.Project(project) is null ? Asked.NoProject(project) : Asked.NoRun(project, run));
        return found;
    }

    /// <summary>Null, and why, when there is no package of it.</summary>
    private static RunState? FindPackage(string project, int run, Inventory inventory, out ProblemHttpResult? missing)
    {
        if (Find(project, run, inventory, out missing) is not { } found)
            return null;
        missing = found.Collected is { } at ? ApiAnswers.Problem(StatusCodes.Status410Gone, RunView.CollectedSentence(run, at))
            : found.Package is null ? ApiAnswers.Problem(Asked.NoPackage(found)) : null;
        return missing is null ? found : null;
    }
}
