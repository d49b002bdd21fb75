using Microsoft.Extensions.Logging.Abstractions;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;
using Towpath.Core.Runs;
using Towpath.Engine.Agents;

namespace Towpath.Tests.Engine.Agents;

public sealed class AgentHubTests : IDisposable
{
    private const string Attempt = "shop/runs/7/jobs/test/attempts/1";

    private readonly AlarmTime time = new();
    private readonly List<(StreamId Stream, MachineInput Input)> asked = [];
    private readonly AgentHub hub;

    public AgentHubTests() => hub = new AgentHub(time, NullLogger<AgentHub>.Instance)
    {
        Ask = (stream, input) =>
        {
            asked.Add((stream, input));
            return Task.FromResult<string?>(null);
        },
    };

    public void Dispose() => hub.Dispose();

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

    private static RunJob Job(string? takenBy) => new(
        Attempt,
        "shop",
        7,
        1,
        new string('a', 40),
        "refs/heads/main",
        new JobDefinition("test", [], [], OrdinalMap<string>.Empty, OrdinalMap<string>.Empty, [], 0, TimeSpan.FromHours(1)),
        OrdinalMap<StoredOutput>.Empty,
        TakenBy: takenBy);
}
