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
        await AskAsync(address, perSecond, (long)(perSecond * duration.TotalSeconds), Hear, cancel, cookies);
        return new LoadResult([.. times], failed);

        void Hear(long due, HttpResponseMessage? answer)
        {
            if (answer is { IsSuccessStatusCode: true })
                times.Enqueue(Stopwatch.GetElapsedTime(due).TotalMilliseconds);
            else
                Interlocked.Increment(ref failed);
        }
    }

    /// <summary>Asks so many times, or until it is canceled; returns when the last answer is there.</summary>
    /// <param name="hear">
    /// Gets the timestamp at which each request was due, and its answer when all of that is there; null: there was none. From several
    /// threads at once.
    /// </param>
    /// <exception cref="InvalidOperationException">Answers stay away so long that the load was stopped.</exception>
    public async Task AskAsync(
        Uri address, int perSecond, long requests, Action<long, HttpResponseMessage?> hear, CancellationToken cancel,
        IReadOnlyList<string>? cookies = null)
    {
        var underWay = 0;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // A thread of its own: the pool is busy with the answers.
        var pace = new Thread(Pace) { IsBackground = true, Name = "pace" };
        pace.Start();
        await done.Task;
        while (Volatile.Read(ref underWay) > 0)
            await Task.Delay(5, CancellationToken.None);

        void Pace()
        {
            var start = Stopwatch.GetTimestamp();
            for (var sent = 0L; sent < requests && !cancel.IsCancellationRequested; sent++)
            {
                var due = start + (long)((double)sent * Stopwatch.Frequency / perSecond);
                Until(due);
                if (Volatile.Read(ref underWay) > UnderWayAtMost)
                {
                    done.TrySetException(new InvalidOperationException($"{address} does not answer {perSecond} requests a second."));
                    return;
                }

                Interlocked.Increment(ref underWay);
                var cookie = cookies is { Count: > 0 } ? cookies[(int)(sent % cookies.Count)] : null;
                _ = Task.Run(() => SendAsync(due, cookie), CancellationToken.None);
            }

            done.TrySetResult();
        }

        async Task SendAsync(long due, string? cookie)
        {
            try
            {
                using var limit = new CancellationTokenSource(AnswerWithin);
                using var request = new HttpRequestMessage(HttpMethod.Get, address);
                if (cookie is not null)
                    request.Headers.TryAddWithoutValidation("Cookie", cookie);
                using var answer = await client.SendAsync(request, limit.Token);
                await answer.Content.CopyToAsync(Stream.Null, limit.Token);
                hear(due, answer);
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
            {
                hear(due, null);
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
