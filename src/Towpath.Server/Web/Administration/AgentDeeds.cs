using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Towpath.Engine.Agents;

namespace Towpath.Server.Web.Administration;

/// <summary>What the forms on the agents' page do.</summary>
internal static class AgentDeeds
{
    private const string Page = "/-/agents";

    public static void MapAgentDeeds(this IEndpointRouteBuilder pages) =>
        pages.MapPost(Page + "/{agent}/limit", async (string agent, HttpContext context) =>
        {
            var form = await Form.ReadAsync(context);
            var isReset = form["reset"] == "true";
            var asked = !isReset && form.Number("jobs") is null
                ? Asked.Invalid($"How many jobs at once? A number from 1 to {AgentLimits.JobsAtMost}.")
                : AgentDesk.Limit(context.RequestServices.GetService<AgentHub>(), agent, isReset ? null : form.Number("jobs"), out _);
            return asked.Status == AskedStatus.Taken ? PageResults.See(Page) : PageResults.Problem(asked, Page);
        });
}
