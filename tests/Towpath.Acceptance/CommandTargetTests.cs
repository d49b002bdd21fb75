using System.Text.Json;

namespace Towpath.Acceptance;

/// <summary>Environments that a command deploys to, with real commands and real kills.</summary>
public sealed class CommandTargetTests(UpFixture fixture)
{
    [Fact]
    public async Task Rollback_runs_the_undo_command_of_the_version_that_is_taken_back()
    {
        using var repository = await Repository.CreateAsync(fixture.Up, "undone");
        var list = Done(fixture.Up, "undone");
        repository.Write("towpath.yml", """
            jobs: { build: { steps: ["true"] } }
            package: .
            environments:
              npm:
                deploy: echo deploy $TOWPATH_RUN >> $HOME/done
                undo: echo undo $TOWPATH_RUN at $(cat version) >> $HOME/done
                verify: echo verify $TOWPATH_RUN at $(cat version) >> $HOME/done
            """);
        for (var run = 1; run <= 2; run++)
        {
            repository.Write("version", $"version {run}");
            await repository.CommitAsync($"Version {run}");
            (await repository.PushAsync()).Expect(0);
            (await repository.RunAsync("deployments", "wait", "--run", $"{run}", "--environment", "npm")).Expect(0);
        }

        (await repository.RunAsync("rollback", "--environment", "npm")).Expect(0);
        var rollback = await AtRestAsync(repository, number: 3);
        Assert.Equal(("rollback", "live"), (rollback.GetProperty("kind").GetString(), rollback.GetProperty("state").GetString()));
        Assert.Equal(
            [
                "deploy 1", "verify 1 at version 1", "deploy 2", "verify 2 at version 2", "undo 2 at version 2", "verify 1 at version 1",
            ],
            await File.ReadAllLinesAsync(list, TestContext.Current.CancellationToken));
    }

    /// <summary>Around the start of the command: when it was marked, and when it did the one thing that must not be done twice.</summary>
    [Fact]
    public async Task Command_that_must_not_be_repeated_is_started_once_whoever_is_killed()
    {
        await using var up = new UpTowpath();
        await up.StartAsync();
        using var repository = await Repository.CreateAsync(up, "once");
        var list = Done(up, "once");
        repository.Write("towpath.yml", """
            jobs: { build: { steps: ["true"], retry: 3 } }
            package: .
            environments:
              npm:
                deploy: echo $TOWPATH_RUN >> $HOME/done; sleep 1
                repeatable: false
            """);
        (string[] Killed, bool WhenMarked)[] rounds =
            [(["agent"], true), (["agent"], false), (["server"], true), (["server", "agent"], false), (["agent", "server"], true)];
        var unknown = 0;
        foreach (var (index, (killed, whenMarked)) in rounds.Index())
        {
            var run = index + 1;
            repository.Write("version", $"{run}");
            await repository.CommitAsync($"Version {run}");
            (await repository.PushAsync()).Expect(0);
            Soon(() => whenMarked ? Marks(up) == run : Lines(list).Contains($"{run}"));
            foreach (var process in killed)
                await up.KillAsync(process);

            var deployment = await AtRestAsync(repository, run);
            Assert.True(Lines(list).Count(line => line == $"{run}") <= 1, $"run {run} was deployed twice");
            if (deployment.GetProperty("state").GetString() == "live")
            {
                Assert.Contains($"{run}", Lines(list));
                continue;
            }

            unknown++;
            Assert.Equal("needs-decision", deployment.GetProperty("state").GetString());
            Assert.Contains("its end was not seen; it must not be started twice", deployment.GetProperty("reason").GetString());
            await DecideAsync(repository, run);
        }

        Assert.True(unknown >= 3, $"the fate was unknown only {unknown} times: the agent was not killed while the command ran");
        Assert.Equal(Lines(list).Distinct(), Lines(list));
    }

    /// <summary>What people read, and that the queue moves on.</summary>
    private static async Task DecideAsync(Repository repository, int run)
    {
        var shown = (await repository.RunAsync("envs", "show", "npm")).Expect(0).Output.ReplaceLineEndings(" ");
        Assert.Contains($"towpath deployments accept {run} --environment npm", shown, StringComparison.Ordinal);
        Assert.Contains("nothing is undone", shown, StringComparison.Ordinal);
        var decision = run % 2 == 1 ? "accept" : "cancel";
        (await repository.RunAsync("deployments", decision, $"{run}", "--environment", "npm")).Expect(0);
        (await repository.RunAsync("resume", "--environment", "npm")).Expect(0);
    }

    /// <summary>In the home folder of the environment's commands, which the sandbox leaves to them.</summary>
    private static string Done(UpTowpath up, string project) => Path.Combine(up.Data, "agent", "apps", project, "npm", "home", "done");

    private static string[] Lines(string file) => File.Exists(file) ? File.ReadAllLines(file) : [];

    private static int Marks(UpTowpath up)
    {
        var folder = Path.Combine(up.Data, "agent", "apps", "once", "npm", "commands");
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "*.json").Length : 0;
    }

    private static void Soon(Func<bool> isSo) => Assert.True(SpinWait.SpinUntil(isSo, TimeSpan.FromSeconds(60)), "not within a minute");

    /// <summary>The deployment once nothing more happens by itself. Each question takes a process, and the server may be on its way back.</summary>
    private static async Task<JsonElement> AtRestAsync(Repository repository, int number)
    {
        for (var question = 0; question < 300; question++)
        {
            var shown = await repository.RunAsync("envs", "show", "npm", "--json");
            if (shown.Code == 0 && shown.Json.GetProperty("deployment") is { ValueKind: JsonValueKind.Object } latest
                && latest.GetProperty("number").GetInt32() == number
                && (latest.GetProperty("state").GetString() == "needs-decision" || latest.TryGetProperty("endedAt", out var ended) && ended.ValueKind == JsonValueKind.String))
                return latest;
        }

        throw new InvalidOperationException("The deployment did not come to rest within 300 questions.");
    }
}
