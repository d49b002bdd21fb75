using System.Text;
using System.Text.Json;
using Towpath.Agent;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;
using Towpath.Tests.Agent.Jobs;

namespace Towpath.Tests.Agent.Link;

/// <summary>A whole agent, in process, against a server that checks what it is told.</summary>
public sealed class AgentHostTests : IAsyncDisposable
{
    private readonly TestFolder data = new();
    private readonly FakeServer server;
    private readonly TestRepository repository;
    private CancellationTokenSource stop = new();
    private Task agent = Task.CompletedTask;
    private string commit = "";

    public AgentHostTests()
    {
        server = new(data.At("server.sock"));
        repository = new(data);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAgentAsync();
        await server.DisposeAsync();
        stop.Dispose();
        data.Dispose();
        Assert.Empty(server.Violations);
    }

    [Fact]
    public async Task Job_is_begun_logged_and_answered()
    {
        await StartAsync();
        var job = Job("echo hello $NAME");

        await server.BeginAsync(job, "run-job", ("NAME", "swordfish"));
        var ended = Assert.IsType<JobEnded>(await AnswerAsync(job));

        Assert.Equal((Outcome.Succeeded, StepStatus.Succeeded), (ended.Outcome, ended.Steps[0].Status));
        Assert.Contains("hello ***", server.LinesOf(job.Id));
        Assert.Equal(
            [new WorkStarted("here"), new StepMoved(0, new("it", StepStatus.Running, null, null, null))],
            server.Progress.Take(2).Select(progress => progress.Progress is StepMoved moved
                ? moved with { Step = moved.Step with { StartedAt = null } }
                : progress.Progress));
        await Eventually.That(() => NothingIsLeft, "what the server stored is forgotten");
        var hello = Assert.Single(server.Hellos);
        Assert.Equal(("here", 2u, "bubblewrap"), (hello.Name, hello.Slots, hello.Sandbox));
    }

    [Fact]
    public async Task Beginning_twice_runs_once_and_a_late_beginning_is_answered_again()
    {
        await StartAsync();
        var job = Job("echo ran >> $HOME/runs; while [ ! -e $HOME/go ]; do sleep 0.01; done");

        await server.BeginAsync(job, "run-job");
        await Eventually.That(() => File.Exists(Home("runs")), "it runs");
        await server.BeginAsync(job, "run-job");
        await Eventually.That(() => server.Progress.Count(said => said.Progress is WorkStarted) == 2, "who asks again hears that it runs");
        await File.WriteAllTextAsync(Home("go"), "", Cancel);
        await AnswerAsync(job);
        await Eventually.That(() => Left("answers") == 0, "the answer is stored");
        await server.BeginAsync(job, "run-job");

        await Eventually.That(() => server.AnswerCounts[job.Id] == 2, "it is answered again");
        Assert.Equal("ran\n", await File.ReadAllTextAsync(Home("runs"), Cancel));
    }

    [Fact]
    public async Task Cancel_ends_a_job_and_frees_its_slot()
    {
        await StartAsync();
        RunJob[] jobs = [.. ((string[])["a", "b", "c"]).Select(name => Job($"touch $HOME/{name}; sleep 1000", name))];
        foreach (var job in jobs)
            await server.BeginAsync(job, "run-job");
        await Eventually.That(() => jobs.Count(IsRunning) == 2, "two run");
        // Which two got the slots is the agent's choice.
        var waits = jobs.Single(job => !IsRunning(job));

        foreach (var job in jobs.Where(job => job != waits))
        {
            await server.SendAsync(new() { Cancel = new() { CommandId = job.Id } });
            Assert.Equal((Outcome.Errored, "canceled"), ((await AnswerAsync(job)).Outcome, server.AnswerTo(job.Id)!.Reason));
        }

        await Eventually.That(() => IsRunning(waits), "the third runs");

        bool IsRunning(RunJob job) => File.Exists(Home(job.Job.Name));
    }

    [Fact]
    public async Task The_server_says_how_many_jobs_run_at_once()
    {
        await StartAsync();
        RunJob[] jobs = [.. ((string[])["a", "b", "c", "d"]).Select(name => Job($"touch $HOME/{name}; until [ -e $HOME/go ]; do sleep 0.01; done", name))];
        foreach (var job in jobs[..3])
            await server.BeginAsync(job, "run-job");
        await Eventually.That(() => jobs.Count(IsRunning) == 2, "two run");

        await server.SendAsync(new() { Limit = new() { Jobs = 3 } });
        await Eventually.That(() => jobs.Count(IsRunning) == 3, "the third runs, too");

        await server.SendAsync(new() { Limit = new() { Jobs = 1 } });
        await server.BeginAsync(jobs[3], "run-job");
        await server.SendAsync(new() { Cancel = new() { CommandId = jobs[0].Id } });
        await AnswerAsync(jobs[0]);
        await File.WriteAllTextAsync(Home("go"), "", Cancel);
        foreach (var job in jobs[1..])
            await AnswerAsync(job);

        bool IsRunning(RunJob job) => File.Exists(Home(job.Job.Name));
    }

    [Fact]
    public async Task Work_goes_on_while_the_server_is_away_and_nothing_is_lost_or_twice()
    {
        await StartAsync();
        var job = Job("for i in 1 2 3 4 5 6; do seq $i 10000; touch $HOME/at$i; while [ ! -e $HOME/go$i ]; do sleep 0.01; done; done");
        await server.BeginAsync(job, "run-job");
        for (var round = 1; round <= 6; round++)
        {
            var at = round;
            await Eventually.That(() => File.Exists(Home($"at{at}")), $"round {round} is printed");
            if (round % 2 == 0)
            {
                await server.StopAsync();
                await File.WriteAllTextAsync(Home($"go{round}"), "", Cancel);
                await server.StartAsync();
            }
            else
            {
                await File.WriteAllTextAsync(Home($"go{round}"), "", Cancel);
            }
        }

        Assert.Equal(Outcome.Succeeded, (await AnswerAsync(job)).Outcome);

        var expected = Enumerable.Range(1, 6).SelectMany(first => Enumerable.Range(first, 10001 - first)).Select(number => $"{number}");
        Assert.Equal(expected, server.LinesOf(job.Id).Where(line => char.IsAsciiDigit(line[0])));
        Assert.Contains(server.Hellos.Skip(1), hello => hello.Commands.Contains(job.Id));
    }

    [Fact]
    public async Task Answer_and_log_that_were_not_stored_are_sent_again_on_the_next_connection()
    {
        server.Acknowledges = false;
        await StartAsync();
        var job = Job("seq 1 100");
        await server.BeginAsync(job, "run-job");
        await AnswerAsync(job);

        await server.StopAsync();
        server.Acknowledges = true;
        await server.StartAsync();

        await Eventually.That(() => server.AnswerCounts[job.Id] == 2 && NothingIsLeft, "all is sent again and stored");
        Assert.Contains(job.Id, server.Hellos.Last().Commands);
    }

    [Fact]
    public async Task Restarted_agent_repeats_its_answers()
    {
        server.Acknowledges = false;
        await StartAsync();
        var job = Job("seq 1 100");
        await server.BeginAsync(job, "run-job");
        await AnswerAsync(job);

        await StopAgentAsync();
        server.Acknowledges = true;
        StartAgent();

        await Eventually.That(() => server.AnswerCounts[job.Id] == 2 && NothingIsLeft, "all is sent again and stored");
        Assert.Equal(Outcome.Succeeded, server.AnswerTo(job.Id)!.Outcome);
    }

    [Fact]
    public async Task Job_of_an_agent_that_was_killed_is_errored_by_the_next_and_its_log_ends()
    {
        // What a killed agent leaves: a log that has begun, and no answer.
        var job = Job("never run again");
        var spools = new Towpath.Agent.Logs.SpoolFolder(data.At("agent", "spool"), TimeProvider.System);
        spools.OpenLog(new(job.Id, "run-job"), Towpath.Agent.Logs.SecretMask.None, TimeProvider.System).Say("it began");

        await StartAsync();
        await server.BeginAsync(job, "run-job");

        var answer = await AnswerAsync(job);
        Assert.Equal((Outcome.Errored, "the agent was restarted while it ran"), (answer.Outcome, answer.Reason));
        Assert.Equal(["it began", "the agent was restarted while it ran"], server.LinesOf(job.Id));
    }

    [Fact]
    public async Task Answer_of_an_agent_that_was_killed_before_it_ended_the_log_reaches_the_server()
    {
        const string Stage = "shop/environments/staging/deployments/1/shift";
        var spools = new Towpath.Agent.Logs.SpoolFolder(data.At("agent", "spool"), TimeProvider.System);
        spools.OpenLog(new(Stage, "shift-traffic"), Towpath.Agent.Logs.SecretMask.None, TimeProvider.System).Say("it moved");
        AgentAnswer kept = new StageEnded(Outcome.Succeeded, "");
        new Towpath.Agent.Link.AnswerFolder(data.At("agent", "answers")).Add(Stage, JsonSerializer.Serialize(kept, CoreJson.Options));

        await StartAsync();

        await Eventually.That(() => server.AnswerTo(Stage) is not null, "the stage is answered");
        Assert.Equal(kept, server.AnswerTo(Stage));
        Assert.Equal(["it moved"], server.LinesOf(Stage));
        Assert.True(server.IsWhole(Stage));
    }

    [Fact]
    public async Task Stopped_agent_ends_its_jobs_and_says_so()
    {
        await StartAsync();
        var job = Job("touch $HOME/runs; sleep 1000");
        await server.BeginAsync(job, "run-job");
        await Eventually.That(() => File.Exists(Home("runs")), "it runs");

        await StopAgentAsync();

        var answer = server.AnswerTo(job.Id)!;
        Assert.Equal((Outcome.Errored, "the agent was stopped while it ran"), (answer.Outcome, answer.Reason));
    }

    [Fact]
    public async Task Outputs_are_stored_on_the_server_and_given_to_the_next_job()
    {
        await StartAsync();
        var first = Job("mkdir out; seq 1 20000 > out/numbers", "build");
        first = first with { Job = first.Job with { Outputs = OrdinalMap<string>.From([new("numbers", "out")]) } };
        await server.BeginAsync(first, "run-job");
        var made = Assert.IsType<JobEnded>(await AnswerAsync(first));

        var second = Job("wc -l < out/numbers", "count") with
        {
            Inputs = OrdinalMap<StoredOutput>.From([new("build.numbers", made.Outputs["numbers"])]),
        };
        await server.BeginAsync(second, "run-job");

        Assert.Equal(Outcome.Succeeded, (await AnswerAsync(second)).Outcome);
        Assert.Contains("20000", server.LinesOf(second.Id));
        Assert.Equal(made.Outputs["numbers"].Archive.ToString(), Assert.Single(server.Blobs).Key);
    }

    [Fact]
    public async Task Input_that_the_server_does_not_have_is_an_error_with_its_reason()
    {
        await StartAsync();
        var digest = Towpath.Core.Packages.Digest.Of(new byte[32]);
        var job = Job("true") with { Inputs = OrdinalMap<StoredOutput>.From([new("build.x", new(digest, "x"))]) };

        await server.BeginAsync(job, "run-job");

        Assert.Equal(
            (Outcome.Errored, $"{digest} could not be read from the server: {digest} is not stored here"),
            ((await AnswerAsync(job)).Outcome, server.AnswerTo(job.Id)!.Reason));
    }

    [Fact]
    public async Task Command_of_a_newer_server_is_refused_with_what_to_do()
    {
        await StartAsync();

        var dance = new Towpath.Protocol.Agent.Begin { CommandId = "new/1", Kind = "dance", Payload = """{"kind":"dance","id":"new/1"}""" };
        await server.SendAsync(new() { Begin = dance });

        await Eventually.That(() => server.AnswerTo("new/1") is not null, "it is answered");
        Assert.Equal(
            "agent 'here' does not understand the command 'dance': install the server's version of Towpath there",
            server.AnswerTo("new/1")!.Reason);
    }

    [Fact]
    public async Task Wrong_token_is_said_and_tried_again_with_the_next()
    {
        var token = "wrong";
        var said = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await server.StartAsync();
        agent = AgentHost.RunAsync(new(data.Path, "here", data.At("server.sock"), () => token, 2, Say: said.Enqueue), stop.Token);
        await Eventually.That(
            () => said.Any(line => line.Contains("the token is not the server's", StringComparison.Ordinal)), "the token is refused");

        token = FakeServer.Token;

        await Eventually.That(() => server.IsConnected, "it is connected");
    }

    [Fact]
    public async Task Second_agent_in_the_same_folder_is_refused()
    {
        await StartAsync();

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => AgentHost.RunAsync(new(data.Path, "other", data.At("server.sock"), () => FakeServer.Token), stop.Token));

        Assert.StartsWith("Another agent works in", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Line_of_a_hundred_megabytes_is_cut_and_the_job_goes_on()
    {
        await StartAsync();
        var job = Job("head -c 100000000 /dev/zero | tr '\\0' x; echo; echo after");

        await server.BeginAsync(job, "run-job");

        Assert.Equal(Outcome.Succeeded, (await AnswerAsync(job)).Outcome);
        var lines = server.LinesOf(job.Id);
        Assert.Contains("after", lines);
        var cut = Assert.Single(lines, line => line.StartsWith('x'));
        Assert.Equal(64 * 1024, Encoding.UTF8.GetByteCount(cut));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Home(string file) => Path.Combine(data.Path, "agent", "home", "shop", file);

    private bool NothingIsLeft => Left("spool") + Left("answers") == 0;

    private int Left(string folder) => Directory.GetFiles(data.At("agent", folder)).Length;

    private async Task StartAsync()
    {
        commit = await repository.CommitAsync(("file", "content"));
        await server.StartAsync();
        StartAgent();
        await Eventually.That(() => server.IsConnected, "the agent is connected");
    }

    private void StartAgent()
    {
        stop.Dispose();
        stop = new();
        agent = AgentHost.RunAsync(new(data.Path, "here", data.At("server.sock"), () => FakeServer.Token, 2, Say: _ => { }), stop.Token);
    }

    private async Task StopAgentAsync()
    {
        await stop.CancelAsync();
        await agent;
    }

    private async Task<AgentAnswer> AnswerAsync(RunJob job)
    {
        await Eventually.That(() => server.AnswerTo(job.Id) is not null, $"{job.Id} is answered", TimeSpan.FromSeconds(30));
        return server.AnswerTo(job.Id)!;
    }

    private RunJob Job(string run, string name = "test") => new(
        $"shop/runs/7/jobs/{name}/attempts/1",
        "shop",
        7,
        1,
        commit,
        "refs/heads/main",
        new(
            name,
            [],
            [new("it", run, OrdinalMap<string>.Empty, TimeSpan.FromMinutes(1), "sh")],
            OrdinalMap<string>.Empty,
            OrdinalMap<string>.Empty,
            [],
            0,
            TimeSpan.FromMinutes(2)),
        OrdinalMap<StoredOutput>.Empty,
        repository.Path);
}
