using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Towpath.Engine.Views;

namespace Towpath.Server.Api;

internal static class ProjectEndpoints
{
    public static void MapProjects(this IEndpointRouteBuilder api)
    {
        var projects = api.MapGroup("/projects").WithTags("Projects");
        projects.MapGet("", (Inventory inventory) => TypedResults.Ok(inventory.Projects()))
            .WithSummary("Lists the projects, newest first.");
        projects.MapGet("{project}", Results<Ok<ProjectView>, ProblemHttpResult> (string project, Inventory inventory) =>
                inventory.Project(project) is { } found ? TypedResults.Ok(ProjectView.Of(found))
                    : ApiAnswers.Problem(Asked.NoProject(project)))
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("Shows a project: its default branch, its branches and how many runs it had.");
    }
}
