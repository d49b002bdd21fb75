using System.Diagnostics;

namespace Towpath.Chaos;

/// <summary>Requests at a fixed rate, whatever the answers do, and what became of them.</summary>
internal sealed class Load : IAsyncDisposable
{
    private const int PerSecond = 50;

    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(20) };
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private readonly List<(long At, string? Answer, string Problem)> answers = [];
    private readonly Task running;

    public Load(int port) => running = Task.Run(() => RunAsync(new Uri($"http://127.0.0.1:{port}/")));

    /// <summary>Ends it when the last answer is there.</summary>
    public async Task<LoadResult> StopAsync()
    {
        await stop.CancelAsync();
        await running;
        lock (gate)
        {
            var ordered = answers.OrderBy(answer => answer.At).ToList();
            var failed = ordered.Where(answer => answer.Answer is null).ToList();
            return new LoadResult(
                ordered.Count,
                failed.Count,
                failed.Count == 0 ? "" : failed[0].Problem,
                Gap(ordered),
                [.. ordered.Select(answer => answer.Answer).OfType<string>().Distinct()]);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        stop.Dispose();
        http.Dispose();
    }

    /// <summary>From the last good answer before the first failure to the first good one after the last.</summary>
    private static double Gap(List<(long At, string? Answer, string Problem)> ordered)
    {
        var first = ordered.FindIndex(answer => answer.Answer is null);
        if (first < 0)
            return 0;
        var last = ordered.FindLastIndex(answer => answer.Answer is null);
        var before = ordered[Math.Max(0, first - 1)].At;
        var after = ordered[Math.Min(ordered.Count - 1, last + 1)].At;
        return Stopwatch.GetElapsedTime(before, after).TotalMilliseconds;
    }

    private async Task RunAsync(Uri url)
    {
        var underWay = new List<Task>();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / PerSecond));
        while (!stop.IsCancellationRequested)
        {
            underWay.Add(AskAsync(url));
            underWay.RemoveAll(task => task.IsCompleted);
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }

        await Task.WhenAll(underWay);
    }

    private async Task AskAsync(Uri url)
    {
        string? answer = null;
        var problem = "";
        try
        {
            answer = await http.GetStringAsync(url);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            problem = $"{DateTime.UtcNow:HH:mm:ss.fff} {e.Message}";
        }

        lock (gate)
            answers.Add((Stopwatch.GetTimestamp(), answer, problem));
    }
}

/// <param name="GapMs">How long nothing was answered around the failures; 0 without any.</param>
/// <param name="Answers">Each once.</param>
internal sealed record LoadResult(int Requests, int Failed, string FirstProblem, double GapMs, IReadOnlyList<string> Answers);
