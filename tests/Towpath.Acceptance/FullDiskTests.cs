using System.Globalization;
using System.Text.Json;
using Towpath.Chaos;

namespace Towpath.Acceptance;

/// <summary>Promise 7 with everything real: the disk of the whole data folder is full at the worst moments.</summary>
public sealed class FullDiskTests : IAsyncDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(90);

    private readonly string gates = Directory.CreateTempSubdirectory("towpath-gates-").FullName;
    private readonly int production = Site.FreePort();
    private SmallDisk? disk;
    private Machine? machine;
    private PushingRepository? repository;

    public async ValueTask DisposeAsync()
    {
        repository?.Dispose();
        if (machine is not null)
            await machine.LeaveAsync();
        if (disk is not null)
            await disk.DisposeAsync();
        Directory.Delete(gates, recursive: true);
    }

    [Fact]
    public async Task A_full_disk_stops_new_work_with_a_word_and_harms_nothing()
    {
        disk = await SmallDisk.MountAsync(megabytes: 40);
        machine = await Machine.StartAsync(disk.Folder);
        repository = new PushingRepository(machine, "small");
        await ShipAsync("the first");
        await using var load = new Chaos.Load(production);

        // Before a push: it is refused, and once there is room it is taken.
        disk.Fill();
        var second = await CommitAsync("the second");
        var refused = await repository.TryPushAsync();
        Assert.NotEqual(0, refused.Code);
        Assert.Matches("(?i)disk is (nearly )?full|no space left", refused.Output);
        disk.MakeRoom();
        await repository.PushAsync();
        await LiveAsync(second);

        await FilledAsync("during a build that prints much", build: $"{Gate("build")}; seq 1 200000");
        await FilledAsync("while its output is packaged", build: $"head -c 3000000 /dev/urandom > big; {Gate("package")}");
        await FilledAsync("during a deployment", before: Gate("before"));

        // Nothing is corrupted: the next server reads all of it and goes on.
        machine.Replace("server");
        await Until.TrueAsync("the server is another one", Soon, () => Task.FromResult(machine.Ended > 0));
        await machine.ReadyAsync();
        await ShipAsync("the last");
        await ExpectNumberedLogsAsync();
        var result = await load.StopAsync();
        Assert.True(result.Failed == 0, $"{result.Failed} of {result.Requests} requests failed, the first at {result.FirstProblem}");
    }

    /// <summary>Fills the disk when the work has come to its gate, and opens the gate; makes room once the lack of it was met.</summary>
    private async Task FilledAsync(string moment, string build = "true", string before = "true")
    {
        foreach (var file in Directory.EnumerateFiles(gates))
            File.Delete(file);
        var commit = await CommitAsync(moment, build, before);
        await repository!.PushAsync();
        await Until.TrueAsync($"{moment}: the gate is reached", Soon, () => Task.FromResult(Directory.GetFiles(gates, "*.reached").Length > 0));
        var complaints = Complaints();
        disk!.Fill();
        File.WriteAllText(Path.ChangeExtension(Directory.GetFiles(gates, "*.reached")[0], ".open"), "");
        await Until.TrueAsync($"{moment}: somebody says that the disk is full", Soon, () => Task.FromResult(Complaints() > complaints));
        disk.MakeRoom();
        await Until.TrueAsync($"{moment}: it goes on to its end", Soon, () => LiveOrAgainAsync(commit));
    }

    /// <summary>A step that says that it is here, and waits until the disk is full.</summary>
    private string Gate(string name) => $"touch {gates}/{name}.reached; until [ -e {gates}/{name}.open ]; do sleep 0.05; done";

    private int Complaints() => new[] { "server", "agent" }
        .Select(name => Path.Combine(machine!.Said, name + ".log")).Where(File.Exists).SelectMany(File.ReadLines)
        .Count(line => line.Contains("disk is full", StringComparison.OrdinalIgnoreCase)
            || line.Contains("No space left", StringComparison.OrdinalIgnoreCase));

    /// <summary>What was ended by the full disk ended errored and never failed; a person repeats it.</summary>
    private async Task<bool> LiveOrAgainAsync(string commit)
    {
        if (await machine!.GetAsync("projects/small/environments/production") is not { } shown)
            return false;
        if (shown.TryGetProperty("live", out var live) && live.GetProperty("commit").GetString() == commit)
            return true;
        var run = (await machine.GetAsync("projects/small/runs"))!.Value.EnumerateArray().First();
        Assert.NotEqual("failed", run.GetProperty("state").GetString());
        var number = run.GetProperty("number").GetInt32();
        if (run.GetProperty("state").GetString() == "errored")
            Assert.Equal(201, (await machine.PostAsync($"projects/small/runs/{number}/retry")).Status);
        var latest = shown.GetProperty("deployment");
        Assert.NotEqual("failed", latest.GetProperty("state").GetString());
        if (latest.GetProperty("run").GetInt32() == number && latest.GetProperty("state").GetString() == "errored")
            await machine.PostAsync("projects/small/environments/production/promote", new { run = number, confirmOlder = false });
        return false;
    }

    private async Task ShipAsync(string version)
    {
        var commit = await CommitAsync(version);
        await repository!.PushAsync();
        await LiveAsync(commit);
    }

    private Task LiveAsync(string commit) => Until.TrueAsync($"{commit} is live", Soon, async () =>
        await machine!.GetAsync("projects/small/environments/production") is { } shown
        && shown.TryGetProperty("live", out var live) && live.GetProperty("commit").GetString() == commit);

    private async Task ExpectNumberedLogsAsync()
    {
        foreach (var run in (await machine!.GetAsync("projects/small/runs"))!.Value.EnumerateArray())
        {
            var number = run.GetProperty("number").GetInt32().ToString(CultureInfo.InvariantCulture);
            var shown = (await machine.GetAsync($"projects/small/runs/{number}"))!.Value;
            for (var attempt = 1; attempt <= shown.GetProperty("jobs")[0].GetProperty("attempt").GetInt32(); attempt++)
            {
                var part = (await machine.GetAsync($"logs/small/runs/{number}/jobs/build/attempts/{attempt}"))!.Value;
                var numbers = part.GetProperty("lines").EnumerateArray().Select(line => line.GetProperty("number").GetInt64()).ToList();
                Assert.Equal(Enumerable.Range(1, numbers.Count).Select(line => (long)line), numbers);
            }
        }
    }

    private Task<string> CommitAsync(string version, string build = "true", string before = "true") => repository!.CommitAsync(
        ("version", version),
        ("big", ""),
        ("towpath.yml", $$"""
            jobs:
              build: { steps: [{{JsonSerializer.Serialize(build)}}], retry: 5, outputs: { it: big, version: version } }
            package: { it: build.it, version: build.version }
            app: { command: 'exec "{{Built.TestApp}}"', health: /healthz }
            environments:
              production: { listen: {{production}}, keepWarm: 1s, drain: 5s, before: [{{JsonSerializer.Serialize(before)}}] }
            """));
}
