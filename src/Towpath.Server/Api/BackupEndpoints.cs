using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Towpath.Engine.Backups;

namespace Towpath.Server.Api;

internal static class BackupEndpoints
{
    public static void MapBackups(this IEndpointRouteBuilder api)
    {
        var backup = api.MapGroup("/backup").WithTags("Backup");
        backup.MapGet("", WriteAsync).Produces<Stream>(StatusCodes.Status200OK, "application/gzip")
            .ProducesProblem(StatusCodes.Status409Conflict)
            .WithSummary("Writes a backup of this server as it is now; work goes on meanwhile.")
            .WithDescription("A tar archive, compressed with gzip; 'towpath restore' takes it. "
                + "With 'keys=true' it has the keys to the secrets and the server's token. An answer without its manifest at the end was cut off.");
        backup.MapGet("keys", (HttpContext context) => context.RequestServices.GetService<BackupPlaces>() is { } places
                ? TypedResults.Ok(BackupKeys.Read(places))
                : Results.NotFound())
            .Produces<BackupKeys>()
            .WithSummary("Gives what a backup leaves out: the keys to the secrets, and the server's token.");
    }

    private static async Task WriteAsync(HttpContext context, ILogger<BackupWriter> log, bool keys = false)
    {
        if (context.RequestServices.GetService<BackupWriter>() is not { } writer)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (!writer.IsFree)
        {
            await ApiAnswers.Problem(Asked.Refused("A backup is being written already: wait for its end.")).ExecuteAsync(context);
            return;
        }

        context.Response.ContentType = "application/gzip";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        try
        {
            var summary = await writer.WriteAsync(context.Response.Body, keys, context.RequestAborted);
            log.LogInformation("A backup was written: {Members} files, up to event {Sequence}", summary.Members, summary.Header.Sequence);
        }
        catch (Exception e) when (context.Response.HasStarted && e is not OperationCanceledException)
        {
            // The client sees an answer that breaks off, and takes nothing of it for a backup.
            log.LogError(e, "A backup could not be written to its end");
            context.Abort();
        }
    }
}
