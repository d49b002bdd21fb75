using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Towpath.Engine.Retention;

namespace Towpath.Server.Api;

internal static class CollectionEndpoints
{
    public static void MapCollection(this IEndpointRouteBuilder api) => api.MapPost("/gc", CollectAsync).WithTags("Server")
        .Produces<CollectionSummary>()
        .WithSummary("Removes packages and logs of old runs, and what nothing refers to; the server does it once a day by itself.")
        .WithDescription("'dryRun=true' only says what would go. What is live, can be gone back to, is on its way or waits is never removed.");

    private static async Task<IResult> CollectAsync(HttpContext context, bool dryRun = false) =>
        context.RequestServices.GetService<Collector>() is { } collector
            ? TypedResults.Ok(await collector.RunAsync(dryRun, context.RequestAborted))
            : TypedResults.NotFound();
}
