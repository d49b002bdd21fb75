using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Towpath.Core.Runs;
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

    private static Results<Ok<PackageDetails>, ProblemHttpResult> Package(string project, int run, Inventory inventory)
    {
        if (Find(project, run, inventory, out var missing) is not { } found)
            return missing!;
        if (found.Collected is { } at)
            return ApiAnswers.Problem(StatusCodes.Status410Gone, RunView.CollectedSentence(run, at));
        return found.Package is { } package
            ? TypedResults.Ok(new PackageDetails(
                run, found.Request.Commit, package.Digest.ToString(), package.App.ToString(), package.Deploy.ToString(), package.Size))
            : ApiAnswers.Problem(
                Asked.Unknown(found.IsOver ? $"Run {run} made no package." : $"Run {run} has no package yet: wait for its end."));
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
}
