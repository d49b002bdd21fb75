using System.Diagnostics;
using System.Text.Json;

namespace Towpath.Acceptance;

/// <summary>Guarantee 19 with a real Prometheus: what it says takes a version back, and when it says nothing the rollout stays where it is.</summary>
public sealed class PrometheusTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly string folder = Directory.CreateTempSubdirectory("towpath-prom-").FullName;
    private readonly int port = Site.FreePort();
    private Process? prometheus;

    private string Url => $"http://127.0.0.1:{port}";

    public void Dispose()
    {
        Kill();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_version_is_taken_back_by_what_prometheus_says_and_stays_where_it_is_while_prometheus_is_away()
    {
        await using var up = new UpTowpath();
        await up.StartAsync();
        StartPrometheus();
        var listen = Site.FreePort();
        using var repository = await Repository.CreateAsync(up, "metrics");
        repository.Write("towpath.yml", Pipeline(listen));
        await PushAsync(repository, "5", "First");
        (await repository.RunAsync("deployments", "wait", "--run", "1", "--environment", "production")).Expect(0);
        await using var visitors = new Load($"http://127.0.0.1:{listen}/", perSecond: 200);

        await PushAsync(repository, "500", "A long queue, and every request is answered well");
        Assert.Equal(1, (await repository.RunAsync("deployments", "wait", "--run", "2", "--environment", "production")).Code);
        var shown = (await repository.RunAsync("analysis", "show", "--run", "2", "--environment", "production", "--json")).Expect(0).Json;
        Assert.Equal(("rolled-back", "worse"), (shown.GetProperty("state").GetString(), shown.GetProperty("verdict").GetString()));
        Assert.StartsWith("'queue' is 500, and fails above 100:", shown.GetProperty("says").GetString(), StringComparison.Ordinal);
        var text = (await repository.RunAsync("analysis", "show", "--environment", "production")).Expect(0).Output;
        Assert.Contains("max(app_queue_length{release=\"d2\"})", text, StringComparison.Ordinal);
        // Of the requests alone nobody could have told.
        var replayed = (await repository.RunAsync("analysis", "replay", "--run", "2", "--environment", "production", "--judge", "kayenta", "--json")).Expect(0).Json;
        Assert.Equal("take-back", replayed.GetProperty("asItWas").GetProperty("outcome").GetString());
        Assert.Contains("'queue' is 500", replayed.GetProperty("asItWas").GetProperty("says").GetString(), StringComparison.Ordinal);

        await PushAsync(repository, "7", "A short one");
        await RolloutAsync(repository, 3, says => says.Contains("good measurements that it needs", StringComparison.Ordinal));
        Kill();
        var silent = await RolloutAsync(repository, 3, says => says.StartsWith("'queue' could not be measured 5 times in a row", StringComparison.Ordinal));
        Assert.Equal((1, false), (silent.GetProperty("step").GetInt32(), silent.GetProperty("waitsForPerson").GetBoolean()));
        var live = (await repository.RunAsync("envs", "show", "production", "--json")).Expect(0).Json.GetProperty("live");
        Assert.Equal(1, live.GetProperty("run").GetInt32());

        StartPrometheus();
        (await repository.RunAsync("deployments", "wait", "--run", "3", "--environment", "production", "--timeout", "5m")).Expect(0);
        Assert.Equal(0, visitors.Lost);
    }

    private string Pipeline(int listen) => $$$"""
        jobs:
          build: { steps: ["test -f queue"] }
        package: .
        app:
          command: |
            printf '[{"targets":["127.0.0.1:%s"]}]' "$PORT" > '{{{folder}}}'/"$TOWPATH_RELEASE.json.new"
            mv '{{{folder}}}'/"$TOWPATH_RELEASE.json.new" '{{{folder}}}'/"$TOWPATH_RELEASE.json"
            TEST_QUEUE=$(cat queue) exec '{{{Built.TestApp}}}'
          health: /healthz
        environments:
          production:
            listen: {{{listen}}}
            rollout:
              canary: [20%]
              sticky: false
              dwell: 6s
              longest: 10m
              judge: threshold
              metrics:
                errors: { router: errors, fail: "> 50%", failureLimit: 5 }
                queue:
                  prometheus: {{{Url}}}
                  query: max(app_queue_length{release="{{release}}"})
                  fail: "> 100"
                  count: 15
        """;

    private void StartPrometheus()
    {
        File.WriteAllText(Path.Combine(folder, "prometheus.yml"), $$"""
            global: { scrape_interval: 1s }
            scrape_configs:
              - job_name: app
                file_sd_configs: [{ files: ["{{folder}}/*.json"], refresh_interval: 1s }]
            """);
        prometheus = Ran.Start("prometheus",
        [
            $"--config.file={folder}/prometheus.yml", $"--storage.tsdb.path={folder}/data", $"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
        ]);
        _ = prometheus.StandardOutput.ReadToEndAsync(CancellationToken.None);
        _ = prometheus.StandardError.ReadToEndAsync(CancellationToken.None);
    }

    private void Kill()
    {
        if (prometheus is null)
            return;
        prometheus.Kill();
        prometheus.WaitForExit();
        prometheus.Dispose();
        prometheus = null;
    }

    private static async Task PushAsync(Repository repository, string queue, string message)
    {
        repository.Write("queue", queue);
        await repository.CommitAsync(message);
        (await repository.PushAsync()).Expect(0);
    }

    /// <summary>The rollout of a run's deployment, once it says this.</summary>
    private static async Task<JsonElement> RolloutAsync(Repository repository, int run, Func<string, bool> says)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(300));
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < Patience; await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken))
        {
            var deployment = (await repository.RunAsync("envs", "show", "production", "--json")).Expect(0).Json.GetProperty("deployment");
            if (deployment.GetProperty("run").GetInt32() == run && deployment.TryGetProperty("rollout", out var rollout) && says(rollout.GetProperty("says").GetString()!))
                return rollout;
            Assert.False(run == deployment.GetProperty("run").GetInt32() && deployment.TryGetProperty("endedAt", out _), $"{deployment}");
        }

        throw new TimeoutException("the rollout never said so");
    }
}
