using System.Collections.Concurrent;
using System.Diagnostics;

namespace Towpath.Acceptance;

/// <summary>
/// Requests to the test app at a fixed rate, whatever the answers do: slow answers do not make it ask less. Each answer names the
/// release that gave it, and the process.
/// </summary>
internal sealed class Load : IAsyncDisposable
{
    private const int LatestKept = 50;

    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { Timeout = TimeSpan.FromSeconds(20) };
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentDictionary<string, (int Asked, int Failed)> answers = new();
    private readonly Lock gate = new();
    private readonly Queue<string> latest = [];
    private readonly Task running;
    private int requests;
    private int lost;
    private string? firstLost;

    public Load(string url, int perSecond) => running = Task.Run(() => RunAsync(new Uri(url), perSecond));

    public int Requests => Volatile.Read(ref requests);

    /// <summary>Requests that no version answered.</summary>
    public int Lost => Volatile.Read(ref lost);

    public string FirstLost => Volatile.Read(ref firstLost) ?? "";

    /// <summary>Answers with an error, of all versions.</summary>
    public int Failed => answers.Values.Sum(answer => answer.Failed);

    public (int Asked, int Failed) Of(string release) => answers.GetValueOrDefault(release);

    /// <summary>What the latest fifty answers said, each once.</summary>
    public IReadOnlyList<string> Answering()
    {
        lock (gate)
            latest.Clear();
        SpinWait.SpinUntil(() =>
        {
            lock (gate)
                return latest.Count >= LatestKept;
        });
        lock (gate)
            return [.. latest.Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>Returns when the last answer is there.</summary>
    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await running;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        stop.Dispose();
        http.Dispose();
    }

    private async Task RunAsync(Uri url, int perSecond)
    {
        var underWay = new List<Task>();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        var began = Stopwatch.GetTimestamp();
        while (!stop.IsCancellationRequested)
        {
            for (var due = (int)(Stopwatch.GetElapsedTime(began).TotalSeconds * perSecond); requests < due; requests++)
                underWay.Add(AskAsync(url));
            underWay.RemoveAll(task => task.IsCompleted);
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }

        await Task.WhenAll(underWay);
    }

    private async Task AskAsync(Uri url)
    {
        try
        {
            using var answer = await http.GetAsync(url);
            var text = await answer.Content.ReadAsStringAsync();
            // RELEASE INDEX PID; anything else comes from the router, where no version could be asked.
            if (text.Split(' ') is not [var release, _, _])
                throw new HttpRequestException($"{(int)answer.StatusCode} {text}");
            var failed = answer.IsSuccessStatusCode ? 0 : 1;
            answers.AddOrUpdate(release, (1, failed), (_, known) => (known.Asked + 1, known.Failed + failed));
            lock (gate)
            {
                latest.Enqueue(text);
                if (latest.Count > LatestKept)
                    latest.Dequeue();
            }
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            Interlocked.Increment(ref lost);
            Interlocked.CompareExchange(ref firstLost, $"{DateTime.UtcNow:HH:mm:ss.fff} {e.Message}", null);
        }
    }
}
