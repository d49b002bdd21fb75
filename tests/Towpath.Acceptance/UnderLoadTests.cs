using System.Globalization;
using System.Text.Json;

namespace Towpath.Acceptance;

/// <summary>Promises 20 and 21 with everything real: two instances, 200 requests a second, and versions that come and go.</summary>
public sealed class UnderLoadTests
{
    private const int RequestsPerSecond = 200;

    /// <summary>A round is a deployment and a rollback. TOWPATH_ROUNDS=50 makes it a hundred moves.</summary>
    private static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("TOWPATH_ROUNDS") ?? "4", CultureInfo.InvariantCulture);

    [Fact]
    public async Task No_request_is_lost_while_versions_come_and_go_and_server_and_agent_are_killed()
    {
        await using var up = new UpTowpath();
        await up.StartAsync();
        var port = Site.FreePort();
        using var repository = await Repository.CreateAsync(up, "busy");
        repository.Write("towpath.yml", $$"""
            jobs:
              build: { steps: ["test -f version"], retry: 2 }
            package: .
            app: { command: 'exec "{{Built.TestApp}}"', health: /healthz, instances: 2 }
            environments:
              production: { listen: {{port}}, keepWarm: 5s }
            """);
        await ShipAsync(repository, 0);
        await ShipAsync(repository, 1);

        await using var load = new Load($"http://127.0.0.1:{port}/", RequestsPerSecond);
        for (var round = 1; round <= Rounds; round++)
        {
            await ShipAsync(repository, round + 1, meanwhile: (round % 4) switch
            {
                1 => () => up.KillAsync("server"),
                2 => () => up.KillAsync("agent"),
                _ => null,
            });
            var before = load.Answering();
            if (round % 4 == 3)
            {
                await up.KillAsync("agent");
                await up.KillAsync("server");
                await Until(repository, _ => true);
                Assert.Equal(before, load.Answering());
            }

            await RollBackAsync(repository);
        }

        await load.StopAsync();
        Assert.True(load.Lost + load.Failed == 0, $"{load.Lost + load.Failed} of {load.Requests} requests failed; the first lost: {load.FirstLost}");
        Assert.True(load.Requests > RequestsPerSecond, $"only {load.Requests} requests were made");
        var history = (await repository.RunAsync("envs", "show", "production", "--json")).Expect(0).Json.GetProperty("history").EnumerateArray();
        Assert.All(history.Take(2 * Rounds), deployment => Assert.Equal("live", deployment.GetProperty("state").GetString()));
    }

    private static async Task ShipAsync(Repository repository, int version, Func<Task>? meanwhile = null)
    {
        repository.Write("version", $"{version}");
        await repository.CommitAsync($"Version {version}");
        (await repository.PushAsync()).Expect(0);
        if (meanwhile is not null)
            await meanwhile();
        (await repository.RunAsync("deployments", "wait", "--run", $"{version + 1}", "--environment", "production")).Expect(0);
    }

    /// <summary>Versions are numbered from 0 and runs from 1; every rollback quarantines a version, so the one before is always version 1.</summary>
    private static async Task RollBackAsync(Repository repository)
    {
        (await repository.RunAsync("rollback", "--environment", "production")).Expect(0);
        await Until(repository, environment => environment.GetProperty("deployment") is var last
            && last.GetProperty("kind").GetString() == "rollback" && last.GetProperty("state").GetString() == "live");
        (await repository.RunAsync("resume", "--environment", "production")).Expect(0);
    }

    /// <summary>Asks again and again; each question takes a process, and the server may be on its way back.</summary>
    private static async Task Until(Repository repository, Func<JsonElement, bool> isSo)
    {
        for (var question = 0; question < 300; question++)
        {
            var shown = await repository.RunAsync("envs", "show", "production", "--json");
            if (shown.Code == 0 && isSo(shown.Json))
                return;
        }

        Assert.Fail("The environment did not become what it should within 300 questions.");
    }
}
