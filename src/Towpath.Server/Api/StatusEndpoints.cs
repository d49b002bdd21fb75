using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Towpath.Engine;
using Towpath.Engine.Agents;
using Towpath.Engine.Backups;

namespace Towpath.Server.Api;

/// <param name="Agents">Those that are connected; without one no job is run and nothing is deployed.</param>
/// <param name="Disk">Null when nobody looks.</param>
public sealed record ServerStatus(string Version, string Url, IReadOnlyList<AgentView> Agents, DiskView? Disk);

internal static class StatusEndpoints
{
    public static void MapStatus(this IEndpointRouteBuilder api) => api.MapGet("/status", (HttpContext context, ServerIdentity identity) =>
            TypedResults.Ok(new ServerStatus(
                BackupWriter.Version, identity.Url, context.RequestServices.GetService<AgentHub>()?.Agents ?? [],
                context.RequestServices.GetService<DiskRoom>()?.Look())))
        .WithTags("Server")
        .WithSummary("Shows the server itself: its version, its agents, and how much room its disk has; with too little, pushes and uploads are refused.");
}
