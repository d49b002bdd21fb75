namespace Towpath.Demo;

/// <summary>Requests to the sample service at a fixed rate, whatever the answers do; counts which version answered.</summary>
internal sealed class Crowd : IAsyncDisposable
{
    public const int PerSecond = 400;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(5);

    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { Timeout = TimeSpan.FromSeconds(30) };
    private readonly CancellationTokenSource leave = new();
    private readonly Lock gate = new();
    private readonly Dictionary<string, int> answers = new(StringComparer.Ordinal);
    private readonly Task coming;
    private int lost;

    public Crowd(string url) => coming = Task.Run(() => ComeAsync(new Uri(url)));

    /// <summary>Requests that no version answered.</summary>
    public int Lost => Volatile.Read(ref lost);

    /// <summary>Answers of all versions.</summary>
    public int All
    {
        get
        {
            lock (gate)
                return answers.Values.Sum();
        }
    }

    /// <summary>Answers of one release.</summary>
    public int Of(string release)
    {
        lock (gate)
            return answers.GetValueOrDefault(release);
    }

    /// <summary>Lets the requests under way end.</summary>
    public async Task LeaveAsync()
    {
        await leave.CancelAsync();
        await coming;
    }

    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        http.Dispose();
        leave.Dispose();
    }

    private async Task ComeAsync(Uri service)
    {
        using var timer = new PeriodicTimer(Tick);
        var underWay = new List<Task>();
        var begun = TimeProvider.System.GetTimestamp();
        for (var asked = 0; !leave.IsCancellationRequested;)
        {
            for (var due = (int)(TimeProvider.System.GetElapsedTime(begun).TotalSeconds * PerSecond); asked < due; asked++)
                underWay.Add(AskAsync(service));
            underWay.RemoveAll(task => task.IsCompleted);
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }

        await Task.WhenAll(underWay);
    }

    private async Task AskAsync(Uri service)
    {
        try
        {
            using var answer = await http.GetAsync(service);
            if (answer.Headers.TryGetValues(PriceLookup.ReleaseHeader, out var names))
            {
                var release = names.First();
                lock (gate)
                    answers[release] = answers.GetValueOrDefault(release) + 1;
                return;
            }
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
        }

        Interlocked.Increment(ref lost);
    }
}
