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
        await using var load = new Load($"http://127.0.0.1:{port}/", RequestsPerSecond);

        await PushAsync(repository, "0.2", "Fails every fifth request");
        var bad = await EndAsync(repository, 2);
        Assert.Equal("rolled-back", bad.GetProperty("state").GetString());
        Assert.Contains("of its requests with an error, the live one 0 %", bad.GetProperty("reason").GetString(), StringComparison.Ordinal);
        var (asked, failed) = load.Of("d2");
        Assert.True(asked > 0, "the bad version got no request, and was taken back all the same");
        Assert.True(asked <= load.Requests * 0.2, $"{asked} of {load.Requests} requests went to a version that had a fifth");
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
        await load.StopAsync();
        Assert.True(load.Lost == 0, $"{load.Lost} requests were not answered; the first: {load.FirstLost}");
    }

    [Fact]
    public async Task Testers_get_the_new_version_while_others_hardly_do_and_until_a_person_lets_it_go_on()
    {
        await using var up = new UpTowpath();
        await up.StartAsync();
        var port = Site.FreePort();
        using var repository = await Repository.CreateAsync(up, "testers");
        repository.Write("towpath.yml", Pipeline(port, "none").Replace(
            "canary: [20%]", "canary: [{ share: 0.01%, pause: true }], testers: { header: X-Tester, value: \"yes\" }", StringComparison.Ordinal)
            .Replace("dwell: 6s", "dwell: 1s", StringComparison.Ordinal));
        await ShipAsync(repository, "0", "First", 1);
        await PushAsync(repository, "0.0", "Second");
        await repository.DeploymentAsync("production", "paused", deployment => deployment.GetProperty("state").GetString() == "paused");

        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/") };
        var others = new List<string>();
        for (var request = 0; request < 20; request++)
        {
            Assert.Equal("d2", await ReleaseAsync(http, "yes"));
            others.Add(await ReleaseAsync(http, "no"));
        }

        Assert.True(others.Count(release => release == "d1") >= 19, string.Join(' ', others));
        (await repository.RunAsync("advance", "--environment", "production")).Expect(0);
        await ExpectLiveAsync(repository, 2);
        Assert.Equal("d2", await ReleaseAsync(http, "no"));
    }

    private static async Task<string> ReleaseAsync(HttpClient http, string tester)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("X-Tester", tester);
        using var answer = await http.SendAsync(request);
        return (await answer.Content.ReadAsStringAsync()).Split(' ')[0];
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
}
