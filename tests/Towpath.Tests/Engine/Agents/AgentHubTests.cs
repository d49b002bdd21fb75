using Microsoft.Extensions.Logging.Abstractions;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;
using Towpath.Core.Runs;
using Towpath.Engine.Agents;
using Towpath.Protocol.Agent;

namespace Towpath.Tests.Engine.Agents;

public sealed class AgentHubTests : IDisposable
{
    private const string Attempt = "shop/runs/7/jobs/test/attempts/1";

    private readonly AlarmTime time = new();
    private readonly List<(StreamId Stream, MachineInput Input)> asked = [];
    private readonly TestFolder temp = new();
    private readonly AgentHub hub;

    public AgentHubTests() => hub = Hub();

    public void Dispose()
    {
        hub.Dispose();
        temp.Dispose();
    }

    [Fact]
    public void Job_of_an_agent_that_does_not_come_back_after_a_restart_of_the_server_is_errored_after_half_a_minute()
    {
        hub.Begin(Job(takenBy: "builder"));

        time.Pass(AgentHub.LostAfter - TimeSpan.FromSeconds(1));
        Assert.Empty(asked);
        time.Pass(TimeSpan.FromSeconds(1));

        var (stream, input) = Assert.Single(asked);
        Assert.Equal(StreamId.OfRun("shop", 7), stream);
        var answer = Assert.IsType<AttemptAnswered>(input);
        Assert.Equal(
            (Attempt, Outcome.Errored, "Agent 'builder' was lost: nothing was heard of it for 30 s."),
            (answer.CommandId, answer.Answer.Outcome, answer.Answer.Reason));
    }

    [Fact]
    public void Job_that_no_agent_took_yet_waits_for_one()
    {
        hub.Begin(Job(takenBy: null));

        time.Pass(TimeSpan.FromMinutes(10));

        Assert.Empty(asked);
    }

    [Fact]
    public void Raised_limit_starts_what_waits_and_a_lowered_one_lets_what_runs_go_on()
    {
        var agent = Agent("builder", slots: 1);
        hub.Join(agent, []);
        foreach (var job in (string[])["a", "b", "c", "d", "e"])
            hub.Begin(Job(null, job));
        Assert.Equal(["a"], agent.Jobs);

        Assert.Equal((3, 3), Told(hub.Limit("builder", 3)!));
        Assert.Equal(["a", "b", "c"], agent.Jobs.Order());

        Assert.Equal((1, 3), Told(hub.Limit("builder", 1)!));
        hub.Cancel("a");
        hub.Cancel("b");
        Assert.Equal(["c"], agent.Jobs);
        hub.Cancel("c");
        Assert.Equal(["d"], agent.Jobs);

        static (int, int) Told(AgentView agent) => (agent.Slots, agent.Busy);
    }

    [Fact]
    public void Limit_is_there_after_a_restart_and_when_it_is_lifted_the_agents_own_holds()
    {
        hub.Join(Agent("builder", slots: 2), []);
        hub.Limit("builder", 7);

        using var next = Hub();
        var agent = Agent("builder", slots: 2);
        next.Join(agent, []);
        Assert.Equal(7, agent.Slots);
        Assert.True(agent.Outbox.TryRead(out var told));
        Assert.Equal(7u, told.Limit.Jobs);

        next.Limit("builder", null);
        Assert.Equal(2, agent.Slots);
        using var last = Hub();
        var again = Agent("builder", slots: 3);
        last.Join(again, []);
        Assert.Equal(3, again.Slots);
    }

    [Fact]
    public void Limit_of_an_agent_that_is_not_there_is_not_taken()
    {
        Assert.Null(hub.Limit("builder", 7));
        Assert.False(File.Exists(temp.At("agents.json")));
    }

    [Theory]
    [InlineData("{ \"builder\": ")]
    [InlineData("[7]")]
    [InlineData(null)]
    public void Limits_that_cannot_be_read_are_none_and_the_reason_is_there(string? content)
    {
        if (content is null)
            File.CreateSymbolicLink(temp.At("agents.json"), "agents.json");
        else
            File.WriteAllText(temp.At("agents.json"), content);
        Assert.Contains("agents.json cannot be read", AgentLimits.Open(temp.Path).Problem, StringComparison.Ordinal);
        using var next = Hub();
        var agent = Agent("builder", slots: 2);
        next.Join(agent, []);
        Assert.Equal(2, agent.Slots);
    }

    private AgentHub Hub() => new(AgentLimits.Open(temp.Path), time, NullLogger<AgentHub>.Instance)
    {
        Ask = (stream, input) =>
        {
            asked.Add((stream, input));
            return Task.FromResult<string?>(null);
        },
    };

    private static ConnectedAgent Agent(string name, uint slots) =>
        new(new Hello { Name = name, Slots = slots }, command => (command, OrdinalMap<string>.Empty));

    private static RunJob Job(string? takenBy, string id = Attempt) => new(
        id,
        "shop",
        7,
        1,
        new string('a', 40),
        "refs/heads/main",
        new JobDefinition("test", [], [], OrdinalMap<string>.Empty, OrdinalMap<string>.Empty, [], 0, TimeSpan.FromHours(1)),
        OrdinalMap<StoredOutput>.Empty,
        TakenBy: takenBy);
}
