using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Towpath.Engine;
using Towpath.Engine.Backups;

namespace Towpath.Server.Api;

/// <param name="Disk">Null when nobody looks.</param>
public sealed record ServerStatus(string Version, string Url, DiskView? Disk);

internal static class StatusEndpoints
{
    public static void MapStatus(this IEndpointRouteBuilder api) => api.MapGet("/status", (HttpContext context, ServerIdentity identity) =>
            TypedResults.Ok(new ServerStatus(BackupWriter.Version, identity.Url, context.RequestServices.GetService<DiskRoom>()?.Look())))
        .WithTags("Server")
        .WithSummary("Shows the server itself: its version, and how much room its disk has; with too little, pushes and uploads are refused.");
}
