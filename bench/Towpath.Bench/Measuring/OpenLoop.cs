using System.Collections.Concurrent;
using System.Diagnostics;

namespace Towpath.Bench.Measuring;

/// <summary>What became of a stretch of load.</summary>
/// <param name="Milliseconds">
/// Of each request that was answered 200, from the moment it was due: a late answer makes no later request late.
/// </param>
/// <param name="Failed">Requests with another answer, or none.</param>
internal sealed record LoadResult(IReadOnlyList<double> Milliseconds, int Failed);

/// <summary>Requests at a fixed rate, whether or not earlier ones were answered.</summary>
internal sealed class OpenLoop : IDisposable
{
    private const int UnderWayAtMost = 2000;
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(5);

    private readonly HttpMessageInvoker client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        MaxConnectionsPerServer = 256,
    });

    public void Dispose() => client.Dispose();

    /// <param name="cookies">Sent with one request after the other, in turn; none when empty.</param>
    /// <exception cref="InvalidOperationException">Answers stay away so long that the load was stopped.</exception>
    public async Task<LoadResult> RunAsync(
        Uri address, int perSecond, TimeSpan duration, CancellationToken cancel, IReadOnlyList<string>? cookies = null)
    {
        var times = new ConcurrentQueue<double>();
        var failed = 0;
        var underWay = 0;
        var requests = (int)(perSecond * duration.TotalSeconds);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // A thread of its own: the pool is busy with the answers.
        var pace = new Thread(Pace) { IsBackground = true, Name = "pace" };
        pace.Start();
        await done.Task;
        using var last = new CancellationTokenSource(AnswerWithin);
        while (Volatile.Read(ref underWay) > 0)
            await Task.Delay(5, last.Token);
        return new LoadResult([.. times], failed);

        void Pace()
        {
            var start = Stopwatch.GetTimestamp();
            for (var sent = 0; sent < requests && !cancel.IsCancellationRequested; sent++)
            {
                var due = start + (long)((double)sent * Stopwatch.Frequency / perSecond);
                Until(due);
                if (Volatile.Read(ref underWay) > UnderWayAtMost)
                {
                    done.TrySetException(new InvalidOperationException($"{address} does not answer {perSecond} requests a second."));
                    return;
                }

                Interlocked.Increment(ref underWay);
                var cookie = cookies is { Count: > 0 } ? cookies[sent % cookies.Count] : null;
                _ = Task.Run(() => SendAsync(due, cookie), CancellationToken.None);
            }

            done.TrySetResult();
        }

        async Task SendAsync(long due, string? cookie)
        {
            try
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                limit.CancelAfter(AnswerWithin);
                using var request = new HttpRequestMessage(HttpMethod.Get, address);
                if (cookie is not null)
                    request.Headers.TryAddWithoutValidation("Cookie", cookie);
                using var answer = await client.SendAsync(request, limit.Token);
                await answer.Content.CopyToAsync(Stream.Null, limit.Token);
                if (answer.IsSuccessStatusCode)
                    times.Enqueue(Stopwatch.GetElapsedTime(due).TotalMilliseconds);
                else
                    Interlocked.Increment(ref failed);
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
            {
                Interlocked.Increment(ref failed);
            }
            finally
            {
                Interlocked.Decrement(ref underWay);
            }
        }
    }

    // Sleeping is too coarse for the last stretch, and spinning all the time would take one of two cores from what is measured.
    private static void Until(long due)
    {
        while (Stopwatch.GetTimestamp() is var now && now < due)
        {
            if (due - now > 1.2 * Stopwatch.Frequency / 1000)
                Thread.Sleep(1);
            else if (due - now > 0.1 * Stopwatch.Frequency / 1000)
                Pause.Nanoseconds(50_000);
        }
    }
}
