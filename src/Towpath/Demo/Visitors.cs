namespace Towpath.Demo;

/// <summary>People who use the shop in production all the time: every request is counted, and every one that fails.</summary>
internal sealed class Visitors : IAsyncDisposable
{
    private const int Count = 4;
    private static readonly string[] Pages = ["", "products", "products/rope", "products/rope/total?pieces=12"];
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(40);

    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(30) };
    private readonly CancellationTokenSource leave = new();
    private readonly Task[] visits;
    private int requests;
    private int failures;
    private string? firstFailure;

    public Visitors(string url) => visits = [.. Enumerable.Range(0, Count).Select(number => VisitAsync(new Uri(url), number))];

    public int Requests => Volatile.Read(ref requests);

    public int Failures => Volatile.Read(ref failures);

    /// <summary>What went wrong first; empty when nothing did.</summary>
    public string FirstFailure => Volatile.Read(ref firstFailure) ?? "";

    /// <summary>Lets the requests under way end.</summary>
    public async Task LeaveAsync()
    {
        await leave.CancelAsync();
        await Task.WhenAll(visits);
    }

    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        http.Dispose();
        leave.Dispose();
    }

    private async Task VisitAsync(Uri shop, int number)
    {
        for (var visit = number; !leave.IsCancellationRequested; visit++)
        {
            await AskAsync(new Uri(shop, Pages[visit % Pages.Length]));
            await Task.Delay(Pause, leave.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private async Task AskAsync(Uri page)
    {
        var problem = "";
        try
        {
            using var answer = await http.GetAsync(page);
            problem = answer.IsSuccessStatusCode ? "" : $"{page.PathAndQuery} answered {(int)answer.StatusCode}";
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            problem = $"{page.PathAndQuery}: {e.Message}";
        }

        Interlocked.Increment(ref requests);
        if (problem.Length == 0)
            return;
        Interlocked.Increment(ref failures);
        Interlocked.CompareExchange(ref firstFailure, $"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {problem}", null);
    }
}
