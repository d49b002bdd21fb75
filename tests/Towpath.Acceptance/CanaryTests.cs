using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;

namespace Towpath.Acceptance;

/// <summary>Guarantees 18 and 19 with everything real: a share of the traffic, and a verdict on what it showed.</summary>
public sealed class CanaryTests
{
    private const int RequestsPerSecond = 200;

    [Fact]
    public async Task A_version_that_fails_more_is_taken_back_by_evidence_and_a_good_one_goes_through()
    {
        await using var up = new UpTowpath();
        await up.StartAsync();
        var port = Site.FreePort();
        using var repository = await Repository.CreateAsync(up, "canary");
        repository.Write("towpath.yml", Pipeline(port, "sequential"));
        await ShipAsync(repository, "0", "First", 1);
        await using var load = new Visitors($"http://127.0.0.1:{port}/");

        await PushAsync(repository, "0.2", "Fails every fifth request");
        var bad = await EndAsync(repository, 2);
        Assert.Equal("rolled-back", bad.GetProperty("state").GetString());
        Assert.Contains("of its requests with an error, the live one 0 %", bad.GetProperty("reason").GetString(), StringComparison.Ordinal);
        var (asked, failed) = load.Of("d2");
        Assert.True(asked > 0, "the bad version got no request, and was taken back all the same");
        Assert.True(asked <= load.All * 0.2, $"{asked} of {load.All} requests went to a version that had a fifth");
        Assert.True(failed < asked, "every request failed");

        // A busy machine makes a process that was just started slower than the live one, and a judge says so: what is looked at here
        // is the way through.
        repository.Write("towpath.yml", Pipeline(port, "none"));
        await PushAsync(repository, "0.0", "Well again");
        await ExpectLiveAsync(repository, 3);
        // The server is away while the last version is looked at: what nobody judges gets nothing, and then it goes on.
        await PushAsync(repository, "0.00", "Well, too");
        await up.KillAsync("server");
        await ExpectLiveAsync(repository, 4);
        Assert.Equal(0, load.Lost);
    }

    private static string Pipeline(int port, string judge) => $$"""
        jobs:
          build: { steps: ["test -f errors"], retry: 2 }
        package: .
        app: { command: 'TEST_ERRORS=$(cat errors) exec "{{Built.TestApp}}"', health: /healthz }
        environments:
          production: { listen: {{port}}, rollout: { canary: [20%], sticky: false, dwell: 6s, longest: 10m, judge: {{judge}} } }
        """;

    private static async Task ShipAsync(Repository repository, string errors, string message, int run)
    {
        await PushAsync(repository, errors, message);
        (await repository.RunAsync("deployments", "wait", "--run", $"{run}", "--environment", "production")).Expect(0);
    }

    private static async Task PushAsync(Repository repository, string errors, string message)
    {
        repository.Write("errors", errors);
        await repository.CommitAsync(message);
        (await repository.PushAsync()).Expect(0);
    }

    private static async Task ExpectLiveAsync(Repository repository, int run)
    {
        var ended = await EndAsync(repository, run);
        Assert.True(ended.GetProperty("state").GetString() == "live", ended.GetProperty("reason").GetString());
    }

    private static async Task<JsonElement> EndAsync(Repository repository, int run)
    {
        await repository.RunAsync("deployments", "wait", "--run", $"{run}", "--environment", "production");
        var shown = (await repository.RunAsync("envs", "show", "production", "--json")).Expect(0).Json;
        return shown.GetProperty("history").EnumerateArray().First(deployment => deployment.GetProperty("run").GetInt32() == run);
    }

    /// <summary>Requests at a fixed rate; each answer names the release that gave it.</summary>
    internal sealed class Visitors : IAsyncDisposable
    {
        private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { Timeout = TimeSpan.FromSeconds(20) };
        private readonly CancellationTokenSource stop = new();
        private readonly ConcurrentDictionary<string, (int Asked, int Failed)> answers = new();
        private readonly Task running;
        private int lost;

        public Visitors(string url) => running = Task.Run(() => RunAsync(new Uri(url)));

        public int All => answers.Values.Sum(answer => answer.Asked);

        /// <summary>Requests without an answer.</summary>
        public int Lost => Volatile.Read(ref lost);

        public (int Asked, int Failed) Of(string release) => answers.GetValueOrDefault(release);

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await running;
            stop.Dispose();
            http.Dispose();
        }

        private async Task RunAsync(Uri url)
        {
            var underWay = new List<Task>();
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
            var began = Stopwatch.GetTimestamp();
            for (var requests = 0; !stop.IsCancellationRequested;)
            {
                for (var due = (int)(Stopwatch.GetElapsedTime(began).TotalSeconds * RequestsPerSecond); requests < due; requests++)
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
                var release = (await answer.Content.ReadAsStringAsync()).Split(' ')[0];
                var failed = answer.IsSuccessStatusCode ? 0 : 1;
                answers.AddOrUpdate(release, (1, failed), (_, known) => (known.Asked + 1, known.Failed + failed));
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
            {
                Interlocked.Increment(ref lost);
            }
        }
    }
}
