using System.Diagnostics;

namespace Towpath.Bench.Machine;

/// <summary>Asks a server that is starting until it answers.</summary>
internal sealed class FirstAnswer : IDisposable
{
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(2);

    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };

    public void Dispose() => http.Dispose();

    /// <summary>Starts a server, and ends it when it has answered.</summary>
    /// <param name="start">Gets the port to listen on.</param>
    /// <returns>Milliseconds from its start to its first answer.</returns>
    public async Task<double> AfterAsync(Func<int, Child> start, CancellationToken cancel)
    {
        var port = TowpathProgram.FreePort();
        var begun = Stopwatch.GetTimestamp();
        await using var child = start(port);
        await OfAsync(child, port, cancel);
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }

    /// <exception cref="InvalidOperationException">It ended instead.</exception>
    public async Task OfAsync(Child child, int port, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(AnswersWithin);
        while (true)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri($"http://{TowpathProgram.Local(port)}/healthz"), limit.Token);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Nobody listens yet.
            }

            if (child.HasEnded)
                throw new InvalidOperationException($"The server ended early: {child.LastWords}");
            await Task.Delay(Look, limit.Token);
        }
    }
}
