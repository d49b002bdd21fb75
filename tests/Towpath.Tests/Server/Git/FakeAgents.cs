using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Packages;
using Towpath.Core.Runs;
using Towpath.Engine;
using Towpath.Engine.Git;

namespace Towpath.Tests.Server.Git;

/// <summary>Resolves pushes as the engine does, and does no work: the test answers for the agents.</summary>
internal sealed class FakeAgents(Repositories repositories) : IAdapters
{
    private readonly ConcurrentDictionary<string, CancellationTokenSource> resolving = [];
    private readonly PushResolution resolution = new(repositories, TimeProvider.System, NullLogger<PushResolution>.Instance);

    public ControlPlane? Control { get; set; }

    /// <summary>False: as if the server died before it could ask the repository.</summary>
    public bool Resolves { get; init; } = true;

    public ConcurrentDictionary<string, Command> Begun { get; } = [];

    public void Begin(Command command)
    {
        Assert.True(Begun.TryAdd(command.Id, command), $"{command.Id} was begun twice without being called off");
        if (command is ResolvePush push && Resolves)
        {
            var cancel = resolving[command.Id] = new CancellationTokenSource();
            _ = Task.Run(async () => await resolution.SettleAsync(push, Control!.Loop, cancel.Token));
        }
    }

    public void Cancel(string commandId)
    {
        Begun.TryRemove(commandId, out _);
        if (resolving.TryRemove(commandId, out var cancel))
            cancel.Cancel();
    }

    public async Task<string> NextAsync(string id)
    {
        await Eventually.That(() => Begun.ContainsKey(id), $"{id} is asked of an agent; there are {string.Join(", ", Begun.Keys)}");
        return id;
    }

    public async Task EndJobAsync(string id, Outcome outcome, string reason, TestResults? tests = null, params StepResult[] steps)
    {
        var stream = StreamId.OfCommand(await NextAsync(id));
        Control!.Loop.Post(stream, new AttemptTaken(id, "local"));
        Control.Loop.Post(stream, new AttemptAnswered(
            id, new JobEnded(outcome, reason, steps.ToValueList(), tests, OrdinalMap<StoredOutput>.Empty)));
    }

    public async Task PackAsync(string id)
    {
        var digest = Digest.Of(Enumerable.Repeat((byte)7, 32).ToArray());
        Control!.Loop.Post(
            StreamId.OfCommand(await NextAsync(id)),
            new PackageAnswered(id, Outcome.Succeeded, new Package(digest, digest, digest, 12_345), ""));
    }

    /// <summary>Answers the one stage that an environment waits for.</summary>
    public async Task EndStageAsync<TCommand>(string environment, Outcome outcome = Outcome.Succeeded, string reason = "")
        where TCommand : AgentCommand
    {
        string? id = null;
        string? Find() => Begun.Values.OfType<TCommand>()
            .FirstOrDefault(command => StreamId.OfCommand(command.Id).Environment == environment)?.Id;
        await Eventually.That(
            () => (id = Find()) is not null,
            $"{typeof(TCommand).Name} in {environment}; there are {string.Join(", ", Begun.Keys)}");
        Control!.Loop.Post(StreamId.OfCommand(id!), new StageAnswered(id!, outcome, reason));
        await Eventually.That(() => !Begun.ContainsKey(id!), $"{id} is over");
    }
}
