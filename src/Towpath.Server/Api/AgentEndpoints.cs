using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Towpath.Engine.Agents;

namespace Towpath.Server.Api;

internal static class AgentEndpoints
{
    public static void MapAgents(this IEndpointRouteBuilder api)
    {
        var agents = api.MapGroup("/agents").WithTags("Server");
        agents.MapGet("", (HttpContext context) => TypedResults.Ok(context.RequestServices.GetService<AgentHub>()?.Agents ?? []))
            .WithSummary("Lists the agents that are connected.");
        agents.MapPut("{agent}/limit", (string agent, LimitBody body, HttpContext context) => Limit(agent, body.Jobs, context))
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("Sets how many jobs an agent does at once, also after restarts.")
            .WithDescription("When it is raised, what waits starts; when it is lowered, what runs goes on, and nothing follows it until fewer run.");
        agents.MapDelete("{agent}/limit", (string agent, HttpContext context) => Limit(agent, null, context))
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("Lets an agent do as many jobs at once as it says itself.");
    }

    private static Results<Ok<AgentView>, ProblemHttpResult> Limit(string agent, int? jobs, HttpContext context)
    {
        var asked = AgentDesk.Limit(context.RequestServices.GetService<AgentHub>(), agent, jobs, out var limited);
        return limited is null ? ApiAnswers.Problem(asked) : TypedResults.Ok(limited);
    }
}
