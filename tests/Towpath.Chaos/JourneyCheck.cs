using System.Text.Json;

namespace Towpath.Chaos;

/// <summary>What has to be so when a journey is over, whatever died in it.</summary>
/// <param name="killed">Who was.</param>
internal sealed class JourneyCheck(Machine machine, string project, IReadOnlyList<string> commits, string killed)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    /// <exception cref="BrokenPromiseException">Something is not so; the message says what.</exception>
    public async Task RunAsync(LoadResult load)
    {
        await RunsAsync();
        await DeploymentsAsync("staging", ["deploy 1 live", "deploy 2 live"]);
        await DeploymentsAsync("production", ["deploy 1 live", "deploy 2 live", "rollback 1 live"]);
        Processes(load);
        // In production the old version and, warm, the new one; in staging the new one; and none that somebody forgot.
        IReadOnlyList<string> found = [];
        try
        {
            await Until.TrueAsync("three instances run", Soon, () => Task.FromResult((found = Machine.Instances(project)).Count == 3));
        }
        catch (BrokenPromiseException e)
        {
            throw new BrokenPromiseException($"{e.Message}; there are {string.Join(", ", found)}");
        }
    }

    /// <summary>Every push that was accepted has one run, and each run ended once.</summary>
    private async Task RunsAsync()
    {
        var runs = (await AskAsync("runs")).EnumerateArray().Reverse().ToList();
        Same("the runs' commits", commits, runs.Select(run => run.GetProperty("commit").GetString()!));
        foreach (var number in Enumerable.Range(1, runs.Count))
        {
            var run = await AskAsync($"runs/{number}");
            Same($"run {number}", ["succeeded"], [run.GetProperty("state").GetString()!]);
            var attempts = run.GetProperty("jobs")[0].GetProperty("attempt").GetInt32();
            // Only the death of the agent ends a job.
            if (attempts != 1 && killed != "agent")
                throw new BrokenPromiseException($"run {number} needed {attempts} attempts");
            for (var attempt = 1; attempt <= attempts; attempt++)
            {
                var lines = await LogAsync($"logs/{project}/runs/{number}/jobs/build/attempts/{attempt}");
                if (attempt == attempts)
                    Same("what the job printed", Enumerable.Range(1, 5).Select(line => $"line {line}"), lines);
            }
        }
    }

    private async Task DeploymentsAsync(string environment, string[] expected)
    {
        var shown = await Until.AsksAsync($"nothing is under way in {environment}", Soon, async () =>
            await AskAsync($"environments/{environment}") is var now && now.GetProperty("history").GetArrayLength() >= expected.Length
            && now.GetProperty("waiting").GetArrayLength() == 0 ? (JsonElement?)now : null);
        var history = shown.GetProperty("history").EnumerateArray().Reverse().ToList();
        Same($"the deployments of {environment}", expected, history.Select(each =>
            $"{each.GetProperty("kind").GetString()} {each.GetProperty("run").GetInt32()} {each.GetProperty("state").GetString()}"));
        foreach (var number in history.Select(each => each.GetProperty("number").GetInt32()))
            await LogAsync($"logs/{project}/environments/{environment}/deployments/{number}");
    }

    /// <summary>An answer is <c>RELEASE INDEX PID</c>: each release was one process all the time.</summary>
    private static void Processes(LoadResult load)
    {
        var pids = load.Answers.Select(answer => answer.Split(' ')).ToLookup(words => words[0], words => words[2]);
        if (pids.FirstOrDefault(release => release.Distinct().Count() > 1) is { } restarted)
            throw new BrokenPromiseException($"{restarted.Key} was answered by the processes {string.Join(" and ", restarted.Distinct())}");
        if (pids.Count != 2)
            throw new BrokenPromiseException($"the releases {string.Join(", ", pids.Select(release => release.Key))} answered, not two");
    }

    /// <summary>Complete, and numbered from 1 without a gap.</summary>
    /// <returns>What the job printed.</returns>
    private async Task<IEnumerable<string>> LogAsync(string path)
    {
        var part = await Until.AsksAsync($"the log {path} is complete", Soon, async () =>
            await machine.GetAsync(path) is { } read && read.GetProperty("complete").GetBoolean() ? (JsonElement?)read : null);
        var lines = part.GetProperty("lines").EnumerateArray().ToList();
        Same(
            $"the numbers of {path}",
            Enumerable.Range(1, lines.Count).Select(number => $"{number}"),
            lines.Select(line => $"{line.GetProperty("number").GetInt64()}"));
        return lines.Where(line => line.GetProperty("channel").GetString() == "stdout").Select(line => line.GetProperty("text").GetString()!);
    }

    private Task<JsonElement> AskAsync(string path) =>
        Until.AsksAsync($"{path} is there", Soon, () => machine.GetAsync($"projects/{project}/{path}"));

    private static void Same(string what, IEnumerable<string> expected, IEnumerable<string> found)
    {
        var (wanted, are) = (string.Join(", ", expected), string.Join(", ", found));
        if (wanted != are)
            throw new BrokenPromiseException($"{what} should be [{wanted}] and are [{are}]");
    }
}
