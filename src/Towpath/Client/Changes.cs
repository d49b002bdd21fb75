using System.Net.ServerSentEvents;

namespace Towpath.Client;

/// <summary>Waits for something to become true on the server, without missing the moment.</summary>
internal static class Changes
{
    /// <summary>A server that restarts is back sooner.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Asks at once, and again after every change, until there is an answer.</summary>
    /// <param name="prefix">The streams whose changes matter: <c>shop</c>, <c>shop/runs/7</c>.</param>
    /// <param name="look">Null: not yet.</param>
    /// <exception cref="ExitException">The time passed, or the server could not be reached for a minute.</exception>
    public static async Task<T> UntilAsync<T>(
        ServerConnection connection, string prefix, TimeSpan timeout, string what, Func<ServerClient, Task<T?>> look, CancellationToken cancel)
        where T : class
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(timeout);
        var reached = TimeProvider.System.GetTimestamp();
        try
        {
            while (true)
            {
                try
                {
                    var answer = await ListenAsync(
                        connection, prefix, look, () => reached = TimeProvider.System.GetTimestamp(), deadline.Token);
                    if (answer is not null)
                        return answer;
                }
                catch (UnreachableServerException) when (TimeProvider.System.GetElapsedTime(reached) < GiveUpAfter)
                {
                }
                catch (Exception e) when (e is IOException or HttpRequestException)
                {
                    // The stream broke: the server restarts.
                }

                await Task.Delay(Pause, deadline.Token);
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw ExitException.Refused($"{what} is not over after {timeout:g}: wait longer with --timeout.");
        }
    }

    private static async Task<T?> ListenAsync<T>(
        ServerConnection connection, string prefix, Func<ServerClient, Task<T?>> look, Action reached, CancellationToken cancel)
        where T : class
    {
        using var client = connection.Open();
        using var stream = await client.OpenStreamAsync($"events?prefix={Uri.EscapeDataString(prefix)}", cancel);
        await using var body = await stream.Content.ReadAsStreamAsync(cancel);
        // The first event says that nothing is missed from here on: only then the state is asked for.
        await foreach (var _ in SseParser.Create(body).EnumerateAsync(cancel))
        {
            reached();
            if (await look(client) is { } answer)
                return answer;
        }

        return null;
    }
}
