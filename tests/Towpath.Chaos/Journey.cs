using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Towpath.Chaos;

/// <summary>
/// From a push to production, a second push, and back by hand, while something dies; then everything that was promised is
/// looked at from outside.
/// </summary>
internal sealed class Journey : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(90);

    private readonly Machine machine;
    private readonly PushingRepository repository;
    private readonly int staging = FreePort();
    private readonly int production = FreePort();
    private readonly List<string> commits = [];

    public Journey(Machine machine, string project)
    {
        this.machine = machine;
        repository = new PushingRepository(machine, project);
    }

    /// <param name="killed">Who dies in it.</param>
    /// <param name="replaced">
    /// Who is replaced by a newer one at the end, as in an upgrade, unless it died before; null: nobody.
    /// </param>
    /// <param name="over">Called when the journey is over, before it is cleared away.</param>
    /// <returns>What it came to; a broken promise is in it.</returns>
    public async Task<JourneyResult> RunAsync(string killed, string? replaced, Action over)
    {
        var began = Stopwatch.GetTimestamp();
        LoadResult? load = null;
        var broken = "";
        try
        {
            load = await TravelAsync(replaced);
            await new JourneyCheck(machine, repository.Project, commits, killed).RunAsync(load);
            if (killed != "router" && load.Failed > 0)
                throw new BrokenPromiseException($"{load.Failed} of {load.Requests} requests failed, the first at {load.FirstProblem}");
        }
        catch (BrokenPromiseException e)
        {
            broken = e.Message;
        }

        var result = new JourneyResult(broken, Stopwatch.GetElapsedTime(began), load, repository.Broken);
        over();
        if (broken.Length == 0)
            await EndAsync();
        return result;
    }

    public void Dispose() => repository.Dispose();

    /// <summary>A port that nobody listens on, below those of outgoing connections.</summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(20_000, 32_000);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
            }
        }
    }

    private async Task<LoadResult> TravelAsync(string? replaced)
    {
        await ShipAsync(1);
        await using var load = new Load(production);
        await ShipAsync(2);
        await RollBackAsync();
        if (replaced is not null)
            await ReplaceAsync(replaced);
        return await load.StopAsync();
    }

    private async Task ReplaceAsync(string process)
    {
        var arrived = process switch { "server" => "server.found", "agent" => "agent.linked", _ => "router.serving" };
        // A process that died on the way has gone through its start already.
        if (machine.Crossings.Of(process).Contains(arrived))
            return;
        machine.Replace(process);
        await Until.TrueAsync($"another {process} takes over", Long, () =>
        {
            var hasArrived = machine.Crossings.Of(process).Contains(arrived);
            // A router that died before it could take over: the older one serves on, and is replaced by the next.
            if (!hasArrived && process == "router" && machine.Living(process) == 1)
                machine.Replace(process);
            return Task.FromResult(hasArrived);
        });
        await machine.ReadyAsync();
    }

    private async Task ShipAsync(int run)
    {
        commits.Add(await repository.CommitAsync(("towpath.yml", Pipeline()), ("version", $"{run}\n")));
        await repository.PushAsync();
        await Until.TrueAsync($"run {run} is live in production", Long, async () => await LiveRunAsync("production") == run);
    }

    /// <summary>When the answer is lost, whether it was heard is looked up before it is said again.</summary>
    private async Task RollBackAsync()
    {
        await Until.TrueAsync("the rollback is accepted", Long, async () =>
            await IsRollingBackAsync() || (await machine.PostAsync(Of("production") + "/rollback")).Status == 200);
        await Until.TrueAsync("run 1 is live in production again", Long, async () => await LiveRunAsync("production") == 1);
    }

    private async Task<bool> IsRollingBackAsync() =>
        await machine.GetAsync(Of("production")) is { } shown
        && shown.TryGetProperty("deployment", out var latest) && latest.GetProperty("kind").GetString() == "rollback";

    private async Task<int?> LiveRunAsync(string environment) =>
        await machine.GetAsync(Of(environment)) is { } shown && shown.TryGetProperty("live", out var live)
        && shown.GetProperty("deployment").GetProperty("state").GetString() == "live"
            ? live.GetProperty("run").GetInt32() : null;

    /// <summary>So that the next journey has the machine for itself.</summary>
    private async Task EndAsync()
    {
        machine.Crossings.Disarm();
        foreach (var environment in (string[])["staging", "production"])
        {
            await Until.TrueAsync($"{environment} is stopped", Long, async () =>
                await machine.PostAsync(Of(environment) + "/stop") is { Status: 200 or 409 });
        }

        await Until.TrueAsync("only what is kept warm still runs", Long, () => Task.FromResult(Machine.Instances(repository.Project).Count == 1));
    }

    private string Of(string environment) => $"projects/{repository.Project}/environments/{environment}";

    private string Pipeline() => $$"""
        jobs:
          build: { steps: ["test -f version", "for i in 1 2 3 4 5; do echo line $i; done"], retry: 3, outputs: { it: version } }
        package: build.it
        app: { command: 'exec "{{Built.TestApp}}"', health: /healthz }
        environments:
          staging: { listen: {{staging}}, keepWarm: 0s, drain: 5s, before: ["echo before"], verify: ["test -n \"$TOWPATH_URL\""] }
          production: { after: [staging], listen: {{production}}, drain: 5s }
        """;
}

/// <param name="Broken">The promise that did not hold; empty: all did.</param>
/// <param name="Load">Null when it did not come to its end.</param>
/// <param name="BrokenPushes">Pushes that had to be made again.</param>
internal sealed record JourneyResult(string Broken, TimeSpan Took, LoadResult? Load, int BrokenPushes);
