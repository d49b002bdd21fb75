using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Towpath.Core;
using Towpath.Engine;
using Towpath.Server.Api;
using Towpath.Server.Logs;
using Towpath.Server.Web.Logs;

namespace Towpath.Server.Web;

/// <summary>What a page is told while it is looked at, in one stream: browsers have only a few for one server.</summary>
internal static class LivePages
{
    public static void MapLivePages(this IEndpointRouteBuilder pages) =>
        pages.MapGet("/-/live", (HttpContext context, ControlPlane plane, LogEnds ends, EventStreams streams, string prefix = "", string log = "") =>
            streams.WriteAsync(context, cancel =>
            {
                // Listening begins before anything is asked for, so that nothing is missed.
                var changes = EventEndpoints.Changes(plane.Changes, prefix, cancel);
                return LiveLogs.IsLog(log) ? MergeAsync(changes, ends.WatchAsync(log, Ended, cancel), cancel) : changes;
            }));

    private static Encoded Ended(LogEnd end) => new(EventStreams.Event("log", null, JsonSerializer.Serialize(LiveLogs.Rows(end), CoreJson.Options)));

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> MergeAsync(
        IAsyncEnumerable<ReadOnlyMemory<byte>> changes, IAsyncEnumerable<Encoded> log, [EnumeratorCancellation] CancellationToken cancel)
    {
        // Room for one: whoever is slow is told less, and the newest.
        var both = Channel.CreateBounded<ReadOnlyMemory<byte>>(1);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var copying = Task.WhenAll(CopyAsync(changes, stop.Token), CopyAsync(Bytes(log), stop.Token));
        var ending = copying.ContinueWith(ended => both.Writer.TryComplete(ended.Exception?.InnerException), TaskScheduler.Default);
        try
        {
            await foreach (var one in both.Reader.ReadAllAsync(cancel))
                yield return one;
        }
        finally
        {
            await stop.CancelAsync();
            await ending;
        }

        async Task CopyAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> from, CancellationToken until)
        {
            try
            {
                await foreach (var one in from.WithCancellation(until))
                    await both.Writer.WriteAsync(one, until);
            }
            catch (OperationCanceledException) when (until.IsCancellationRequested)
            {
                // The page is gone.
            }
            catch (Exception e)
            {
                // The stream ends, and the page connects anew.
                both.Writer.TryComplete(e);
                throw;
            }
        }
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Bytes(IAsyncEnumerable<Encoded> events)
    {
        await foreach (var one in events)
            yield return one.Bytes;
    }

    private sealed record Encoded(ReadOnlyMemory<byte> Bytes);
}
