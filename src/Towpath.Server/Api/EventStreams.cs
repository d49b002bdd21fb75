using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;

namespace Towpath.Server.Api;

/// <summary>
/// Server-sent events: counts the streams that are open, keeps them alive, and ends them when the server stops, so that
/// no listener holds it up.
/// </summary>
public sealed class EventStreams(IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>Streams open at once; the next one is refused.</summary>
    private const int Most = 2000;

    /// <summary>How often a silent stream says that it lives: also how late a vanished listener is noticed.</summary>
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(15);

    private int open;

    /// <summary>Writes what comes until it ends, the listener leaves or the server stops.</summary>
    /// <param name="source">Whole events, as <see cref="Event"/> makes them.</param>
    public async Task WriteAsync(HttpContext context, Func<CancellationToken, IAsyncEnumerable<ReadOnlyMemory<byte>>> source)
    {
        if (Interlocked.Increment(ref open) > Most)
        {
            Interlocked.Decrement(ref open);
            await ApiAnswers.Problem(StatusCodes.Status503ServiceUnavailable, $"{Most} listeners are connected already: close some.")
                .ExecuteAsync(context);
            return;
        }

        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers["X-Accel-Buffering"] = "no";
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            await CopyAsync(context.Response, source(ends.Token), ends);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
        }
        finally
        {
            await ends.CancelAsync();
            Interlocked.Decrement(ref open);
        }
    }

    /// <param name="data">One line.</param>
    public static ReadOnlyMemory<byte> Event(string name, long? id, string data) =>
        Encoding.UTF8.GetBytes($"{(id is null ? "" : $"id: {id}\n")}event: {name}\ndata: {data}\n\n");

    private async Task CopyAsync(HttpResponse response, IAsyncEnumerable<ReadOnlyMemory<byte>> source, CancellationTokenSource ends)
    {
        // A write that is called off breaks the connection: what is being written when the server stops is written, so that the
        // stream ends whole.
        var gone = response.HttpContext.RequestAborted;
        await using var events = source.GetAsyncEnumerator(ends.Token);
        // The first event is asked for before the headers are sent: who has the headers is being listened for.
        var next = events.MoveNextAsync().AsTask();
        try
        {
            await response.WriteAsync("retry: 1000\n\n", gone);
            await response.Body.FlushAsync(gone);
            while (true)
            {
                if (!await IsDoneAsync(next))
                    await response.WriteAsync(":\n\n", gone);
                else if (await next)
                {
                    await response.Body.WriteAsync(events.Current, gone);
                    next = events.MoveNextAsync().AsTask();
                    // What is there already goes out together.
                    if (next.IsCompletedSuccessfully)
                        continue;
                }
                else
                    return;
                await response.Body.FlushAsync(gone);
            }
        }
        finally
        {
            // What is being asked must not be disposed of.
            await ends.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> IsDoneAsync(Task next)
    {
        if (next.IsCompleted)
            return true;
        using var beat = new CancellationTokenSource();
        var first = await Task.WhenAny(next, Task.Delay(Beat, time, beat.Token));
        await beat.CancelAsync();
        return first == next;
    }
}
