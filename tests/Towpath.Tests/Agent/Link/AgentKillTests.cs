using System.Diagnostics;
using Towpath.Agent;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Tests.Agent.Jobs;

namespace Towpath.Tests.Agent.Link;

/// <summary>The agent as a process of its own, killed while its jobs print.</summary>
public sealed class AgentKillTests : IAsyncDisposable
{
    private readonly TestFolder data = new();
    private readonly FakeServer server;
    private readonly TestRepository repository;
    private Process? agent;

    public AgentKillTests()
    {
        server = new(data.At("server", "agent.sock"));
        repository = new(data);
        File.WriteAllText(data.At("endpoint.json"), $$"""{"url":"http://127.0.0.1:1","token":"{{FakeServer.Token}}","pid":1}""");
    }

    public async ValueTask DisposeAsync()
    {
        await KillAgentAsync();
        await server.DisposeAsync();
        data.Dispose();
    }

    [Fact]
    public async Task Killed_agent_loses_no_stored_line_leaves_no_process_and_answers_for_its_job()
    {
        var commit = await repository.CommitAsync(("file", "content"));
        await server.StartAsync();
        StartAgent();

        for (var run = 1; run <= 3; run++)
        {
            var job = Job(run, commit, "(setsid sh -c 'trap \"\" TERM; exec sleep 1000' &) ; seq 1 400000; sleep 1000");
            var enough = run * 20_000;
            await Eventually.That(() => server.IsConnected, "the agent is connected", TimeSpan.FromSeconds(30));
            await server.BeginAsync(job, "run-job");
            await Eventually.That(() => server.CountOf(job.Id) > enough, $"{enough} lines are stored", TimeSpan.FromSeconds(60));

            await KillAgentAsync();
            var stored = server.LinesOf(job.Id);
            await Eventually.That(() => Survivors(job) == 0, "the job's processes end with the agent");
            StartAgent();

            await Eventually.That(() => server.AnswerTo(job.Id) is not null, "the job is answered", TimeSpan.FromSeconds(60));
            var answer = server.AnswerTo(job.Id)!;
            Assert.Equal((Outcome.Errored, "the agent was restarted while it ran"), (answer.Outcome, answer.Reason));
            var lines = server.LinesOf(job.Id);
            Assert.Equal(stored, lines.Take(stored.Count));
            Assert.Equal("the agent was restarted while it ran", lines[^1]);
            var numbers = lines.Where(line => char.IsAsciiDigit(line[0])).ToList();
            Assert.Equal(Enumerable.Range(1, numbers.Count).Select(number => $"{number}"), numbers);
        }

        Assert.Empty(server.Violations);
    }

    private static int Survivors(RunJob job)
    {
        var mark = System.Text.Encoding.UTF8.GetBytes($"TOWPATH_COMMAND={job.Id}");
        return ProcessTable.All().Count(entry => !entry.IsZombie && ProcessTable.HasVariable(entry.Id, mark) == true);
    }

    private void StartAgent() => agent = Process.Start(
        new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "towpath"), ["agent", "--data", data.Path]) { RedirectStandardOutput = true });

    private async Task KillAgentAsync()
    {
        if (agent is null)
            return;
        agent.Kill();
        await agent.WaitForExitAsync();
        server.ForgetConnection();
    }

    private RunJob Job(int run, string commit, string command) => new(
        $"kill{Environment.ProcessId}/runs/{run}/jobs/test/attempts/1",
        "shop",
        run,
        1,
        commit,
        "refs/heads/main",
        new(
            "test",
            [],
            [new("it", command, OrdinalMap<string>.Empty, TimeSpan.FromMinutes(5), "sh")],
            OrdinalMap<string>.Empty,
            OrdinalMap<string>.Empty,
            [],
            0,
            TimeSpan.FromMinutes(5)),
        OrdinalMap<StoredOutput>.Empty,
        repository.Path);
}
