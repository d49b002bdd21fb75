using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Towpath.Core;
using Towpath.Engine;

namespace Towpath.Server.Api;

internal static class EventEndpoints
{
    public static void MapEvents(this IEndpointRouteBuilder api) =>
        api.MapGet("/events", (HttpContext context, ControlPlane plane, EventStreams streams, string prefix = "") =>
                streams.WriteAsync(context, cancel => Changes(plane.Changes, prefix, cancel)))
            .WithTags("Events")
            .Produces<ChangedEvent>(StatusCodes.Status200OK, "text/event-stream")
            .WithSummary("Server-sent events: which project, run or environment changed.")
            .WithDescription("First an event 'ready': from there on nothing is missed, so ask for the state after it. "
                + "Then an event 'changed' for every change "
                + "of a stream at or below 'prefix' (shop, shop/runs/7); its id counts up within this connection.");

    internal static async IAsyncEnumerable<ReadOnlyMemory<byte>> Changes(ChangeFeed feed, string prefix, [EnumeratorCancellation] CancellationToken cancel)
    {
        var changes = feed.Listen(prefix, cancel);
        yield return EventStreams.Event("ready", 0, "{}");
        long count = 0;
        await foreach (var stream in changes)
            yield return EventStreams.Event("changed", ++count, JsonSerializer.Serialize(new ChangedEvent(stream.Text), CoreJson.Options));
    }
}
