using System.Diagnostics;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Commits;
using Towpath.Core.Runs;
using Towpath.Engine;

namespace Towpath.Simulation.Outside;

/// <summary>Hands the server an input; the answer is null, a refusal, or that it was not stored.</summary>
internal delegate void Post(StreamId stream, MachineInput input, Action<string?>? answered);

/// <summary>Everybody who carries out commands: agents, the package store, git.</summary>
internal sealed class SimulatedOutside(
    Random random, Agenda agenda, Func<Faults> faults, SimulatedAgents agents, SimulatedWork work, SimulatedGit git, Post post) : IAdapters
{
    private readonly Dictionary<string, int> underWay = new(StringComparer.Ordinal);
    private int begun;

    /// <summary>Told of every command, at the moment it is given.</summary>
    public Action<Command>? Begun { get; set; }

    /// <summary>Told of every command of the package store that has its answer.</summary>
    public Action<string>? Answered { get; set; }

    /// <summary>The server dies here if it has to.</summary>
    public Action? MayDie { get; set; }

    public void Begin(Command command)
    {
        MayDie?.Invoke();
        Begun?.Invoke(command);
        if (command is AgentCommand agent)
        {
            agents.Begin(agent);
            return;
        }

        if (underWay.TryAdd(command.Id, ++begun))
            Later(command, begun, command is StorePackage ? 60 : 2);
    }

    public void Cancel(string commandId)
    {
        MayDie?.Invoke();
        underWay.Remove(commandId);
        agents.Cancel(commandId);
    }

    /// <summary>The package store and the one who asks git are threads of the server.</summary>
    public void ServerDied()
    {
        underWay.Clear();
        agents.ServerDied();
    }

    private void Later(Command command, int number, int seconds) => agenda.In(TimeSpan.FromMilliseconds(random.Next(1, seconds * 1000)), () =>
    {
        if (underWay.GetValueOrDefault(command.Id) == number)
            Do(command, number);
    });

    private void Do(Command command, int number)
    {
        switch (command)
        {
            case ResolvePush resolve when git.IsOpen(resolve.PushId):
                Later(command, number, 30);
                break;
            case ResolvePush resolve:
                Tell(command, number, git.FateOf(resolve.PushId));
                break;
            case StorePackage when random.NextDouble() < faults().WorkHangs:
                break;
            case StorePackage store:
                Answered?.Invoke(command.Id);
                Tell(command, number, work.Package(store));
                break;
            default:
                throw new UnreachableException();
        }
    }

    private void Tell(Command command, int number, MachineInput answer) => post(StreamId.OfCommand(command.Id), answer, refusal =>
    {
        if (refusal != SimulatedServer.NotStored)
            return;
        agenda.In(TimeSpan.FromSeconds(5), () =>
        {
            if (underWay.GetValueOrDefault(command.Id) == number)
                Tell(command, number, answer);
        });
    });
}
