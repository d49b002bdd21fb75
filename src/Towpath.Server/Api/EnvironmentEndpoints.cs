using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Towpath.Core.Environments;
using Towpath.Engine.Views;

namespace Towpath.Server.Api;

internal static class EnvironmentEndpoints
{
    public static void MapEnvironments(this IEndpointRouteBuilder api)
    {
        var all = api.MapGroup("/projects/{project}/environments").WithTags("Environments").ProducesProblem(StatusCodes.Status404NotFound);
        all.MapGet("", List).WithSummary("Lists a project's environments, each after those it waits for.");
        var one = all.MapGroup("{environment}").ProducesProblem(StatusCodes.Status409Conflict);
        one.MapGet("", Show).WithSummary("Shows an environment: what is live, what is on its way, what waits and why, and its history.")
            .WithDescription("'history' is how many of the latest deployments that ended are wanted; all that are known when it is missing.");
        one.MapPost("rollback", (string project, string environment, RollbackBody? body, Turn turn) =>
                turn.TakeAsync(project, environment, (steering, by) => steering.RollBackAsync(project, environment, by, body?.Reason, body?.To)))
            .WithSummary("Goes back to the version before, or to that of a run, or ends the deployment under way; the environment is held afterwards.");
        one.MapGet("rollback", Leaves)
            .WithSummary("Shows what a rollback would leave as it is, in a sentence; empty: nothing.");
        one.MapPost("promote", (string project, string environment, PromoteBody body, Turn turn) =>
                turn.TakeAsync(project, environment, (steering, by) =>
                    steering.PromoteAsync(project, environment, body.Run, body.ConfirmOlder, body.Override, by)))
            .WithSummary("Deploys the package of a chosen run once its gates are passed. Going back to an older one wants 'confirmOlder' and holds the environment.");
        one.MapPost("advance", (string project, string environment, AdvanceBody? body, Turn turn) =>
                turn.TakeAsync(project, environment, (steering, by) =>
                    steering.AdvanceAsync(project, environment, body?.Step != true, by)))
            .WithSummary("Lets the canary under way go on: all traffic moves at once, or the next step begins ('step').");
        one.MapPost("redeploy", (string project, string environment, Turn turn) =>
                turn.TakeAsync(project, environment, (steering, by) => steering.RedeployAsync(project, environment, by)))
            .WithSummary("Deploys what is live once more, with the current settings.");
        one.MapPost("stop", (string project, string environment, Turn turn) =>
                turn.TakeAsync(project, environment, (steering, by) => steering.StopAsync(project, environment, by)))
            .WithSummary("Ends what runs; the environment is held afterwards.");
        one.MapPost("hold", (string project, string environment, ReasonBody? body, Turn turn) =>
                turn.TakeAsync(project, environment, (steering, by) => steering.HoldAsync(project, environment, by, body?.Reason)))
            .WithSummary("Pauses automation here. It never stops a rollback, and does not expire.");
        one.MapPost("resume", (string project, string environment, Turn turn) =>
                turn.TakeAsync(project, environment, (steering, by) => steering.ResumeAsync(project, environment, by)))
            .WithSummary("Lifts the hold: the newest candidate that may go starts.");
        one.MapGet("deployments/{deployment:int}/analysis", Analysis)
            .WithSummary("Shows what the judge of a canary saw, measurement by measurement: raw figures, e-values, and what could have been seen.");
        one.MapPost("freeze", (string project, string environment, FreezeBody body, Turn turn) =>
                turn.TakeAsync(project, environment, (steering, by) => steering.FreezeAsync(project, environment, body, by)))
            .WithSummary("Lets nothing start here for a time, by itself or because it is promoted. It never stops a rollback, and ends by itself.");
        one.MapPost("unfreeze", (string project, string environment, Turn turn) =>
                turn.TakeAsync(project, environment, (steering, by) => steering.UnfreezeAsync(project, environment, by)))
            .WithSummary("Lifts the freezes that were set on the server.");
        one.MapPost("deployments/{deployment:int}/approve", (string project, string environment, int deployment, ApproveBody? body, Turn turn) =>
                turn.TakeAsync(project, environment, (steering, by) =>
                    steering.ApproveAsync(project, environment, deployment, body?.Replaces, body?.Settings, by)))
            .WithSummary("Says yes to a deployment that waits for it: to this package, replacing what it replaces now, with these settings.");
        one.MapPost("deployments/{deployment:int}/cancel", (string project, string environment, int deployment, Turn turn) =>
                turn.TakeAsync(project, environment, (steering, by) =>
                    steering.CancelDeploymentAsync(project, environment, deployment, by)))
            .WithSummary("Ends a deployment; what it did is taken back.");
        one.MapPost("deployments/{deployment:int}/accept", (string project, string environment, int deployment, Turn turn) =>
                turn.TakeAsync(project, environment, (steering, by) => steering.AcceptAsync(project, environment, deployment, by)))
            .WithSummary("Decides that a deployment that needs a decision counts as live.");
    }

    /// <summary>The environment; else the answer that says what is missing.</summary>
    internal static EnvironmentState? Find(string project, string environment, Inventory inventory, out ProblemHttpResult? missing)
    {
        var known = inventory.Project(project);
        var found = known is null ? null : inventory.Environment(known, environment);
        missing = found is not null ? null
            : ApiAnswers.Problem(known is null ? Asked.NoProject(project) : Asked.NoEnvironment(project, environment));
        return found;
    }

    private static Results<Ok<IReadOnlyList<EnvironmentView>>, ProblemHttpResult> List(string project, Inventory inventory) =>
        inventory.Project(project) is { } found
            ? TypedResults.Ok<IReadOnlyList<EnvironmentView>>([.. inventory.Environments(found).Select(environment => inventory.View(found, environment))])
            : ApiAnswers.Problem(Asked.NoProject(project));

    private static Results<Ok<EnvironmentView>, ProblemHttpResult> Show(
        string project, string environment, Inventory inventory, int? history = null) =>
        Find(project, environment, inventory, out var missing) is { } found
            ? TypedResults.Ok(inventory.View(inventory.Project(project)!, found, history ?? int.MaxValue)) : missing!;

    private static Results<Ok<RollbackLeaves>, ProblemHttpResult> Leaves(string project, string environment, Inventory inventory, int? to = null) =>
        Find(project, environment, inventory, out var missing) is { } found
            ? TypedResults.Ok(new RollbackLeaves(found.Versions.Count == 0 ? "" : Migrations.Leaves(found, to))) : missing!;

    private static Results<Ok<AnalysisView>, ProblemHttpResult> Analysis(string project, string environment, int deployment, Inventory inventory)
    {
        if (Find(project, environment, inventory, out var missing) is not { } found)
            return missing!;
        return inventory.Analysis(found, deployment) is { } analysis ? TypedResults.Ok(analysis) : ApiAnswers.Problem(Asked.NoAnalysis(environment, deployment));
    }
}

/// <param name="Leaves">What stays as it is.</param>
public sealed record RollbackLeaves(string Leaves);

/// <summary>One request to change an environment, answered with the environment as it is after it.</summary>
internal sealed class Turn(HttpContext context, Steering steering, Inventory inventory)
{
    public static ValueTask<Turn> BindAsync(HttpContext context) => ValueTask.FromResult(new Turn(
        context,
        (Steering)context.RequestServices.GetService(typeof(Steering))!,
        (Inventory)context.RequestServices.GetService(typeof(Inventory))!));

    public async Task<Results<Ok<EnvironmentView>, ProblemHttpResult>> TakeAsync(
        string project, string environment, Func<Steering, string, Task<Asked>> ask)
    {
        var asked = await ask(steering, ApiAnswers.By(context));
        if (asked.Status != AskedStatus.Taken)
            return ApiAnswers.Problem(asked);
        var known = inventory.Project(project)!;
        return TypedResults.Ok(inventory.View(known, inventory.Environment(known, environment)!));
    }
}
