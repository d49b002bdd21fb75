using System.Diagnostics;
using System.Globalization;

namespace Towpath.Chaos;

/// <summary>The disk fails with EIO under everything: what was acknowledged before is there afterwards, and nothing was acknowledged since.</summary>
internal sealed class DiskJourney(Action<string> say)
{
    private const string Project = "disk";
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(90);

    private readonly int production = Journey.FreePort();
    private readonly List<string> commits = [];

    /// <exception cref="BrokenPromiseException">A promise did not hold, or the disk could not be made.</exception>
    public async Task RunAsync()
    {
        await using var disk = await FailingDisk.MountAsync();
        var machine = await Machine.StartAsync(disk.Folder);
        using var repository = new PushingRepository(machine, Project);
        try
        {
            await CommitAsync(repository);
            await repository.PushAsync();
            await LiveAsync(machine, 1);
            await FailAsync(disk, repository);
        }
        finally
        {
            await EndAsync(machine);
        }

        await disk.MendAsync();
        machine = await Machine.StartAsync(disk.Folder);
        try
        {
            await LiveAsync(machine, 1);
            say("after the file system was mended, what was live is live again");
            using var clone = repository.For(machine);
            await clone.PushAsync();
            await LiveAsync(machine, 2);
            await ExpectRunsAsync(machine);
            say("the push that was refused is taken now, and each has one run");
        }
        finally
        {
            await EndAsync(machine);
        }
    }

    private async Task FailAsync(FailingDisk disk, PushingRepository repository)
    {
        await using var load = new Load(production);
        await CommitAsync(repository);
        disk.Fail();
        var pushed = await repository.TryPushAsync();
        if (pushed.Code == 0)
            throw new BrokenPromiseException("a push was acknowledged by a server whose disk fails");
        foreach (var line in pushed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            say($"  {line}");
        var asked = await load.StopAsync();
        if (asked.Failed > 0)
            throw new BrokenPromiseException($"{asked.Failed} of {asked.Requests} requests failed, the first at {asked.FirstProblem}");
        say($"the push was refused, and the app answered all of {asked.Requests} requests");
    }

    private async Task ExpectRunsAsync(Machine machine)
    {
        var runs = await Until.AsksAsync("the runs are there", Long, () => machine.GetAsync($"projects/{Project}/runs"));
        var built = runs.EnumerateArray().Select(run => run.GetProperty("commit").GetString()!).Reverse().ToList();
        if (!built.SequenceEqual(commits))
            throw new BrokenPromiseException($"the runs are of {string.Join(", ", built)}, and should be of {string.Join(", ", commits)}");
    }

    private async Task CommitAsync(PushingRepository repository) => commits.Add(await repository.CommitAsync(
        ("version", $"{commits.Count}\n"),
        ("towpath.yml", $$"""
            jobs:
              build: { steps: ["test -f version"], retry: 3, outputs: { it: version } }
            package: build.it
            app: { command: 'exec "{{Built.TestApp}}"', health: /healthz }
            environments:
              production: { listen: {{production}}, drain: 5s }
            """)));

    private Task LiveAsync(Machine machine, int run) => Until.TrueAsync($"run {run} is live and answers", Long, async () =>
        await machine.GetAsync($"projects/{Project}/environments/production") is { } shown
        && shown.TryGetProperty("live", out var live) && live.GetProperty("run").GetInt32() == run
        && (await machine.AskAsync(production)).StartsWith(live.GetProperty("release").GetString() + " ", StringComparison.Ordinal));

    /// <summary>The apps too, also when no agent can end them any more.</summary>
    private static async Task EndAsync(Machine machine)
    {
        await machine.LeaveAsync();
        foreach (var instance in Machine.Instances(Project))
        {
            using var process = Process.GetProcessById(int.Parse(instance.Split(' ')[1], CultureInfo.InvariantCulture));
            process.Kill();
            await process.WaitForExitAsync();
        }
    }
}
