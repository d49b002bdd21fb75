using System.Text.Json;
using System.Threading.Channels;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Protocol.Agent;

namespace Towpath.Engine.Agents;

/// <summary>One agent's connection: what is to be sent waits in order until the stream takes it.</summary>
/// <param name="prepare">Completes a command with what only the server knows, and gives the secrets that it names.</param>
internal sealed class ConnectedAgent(Hello hello, Func<AgentCommand, (AgentCommand Command, IReadOnlyDictionary<string, string> Secrets)> prepare)
{
    private readonly Channel<ToAgent> outbox = Channel.CreateUnbounded<ToAgent>(new UnboundedChannelOptions { SingleReader = true });

    public string Name { get; } = hello.Name;

    public string Version { get; } = hello.Version;

    public string Sandbox { get; } = hello.Sandbox;

    /// <summary>Jobs that it is given at once: as many as it says itself, until somebody sets a limit. Guarded by the hub's lock.</summary>
    public int Slots { get; private set; } = SlotsOf(hello);

    /// <summary>As many as it says itself.</summary>
    public int Own { get; } = SlotsOf(hello);

    /// <summary>Jobs that it was given and has not answered. Guarded by the hub's lock.</summary>
    public HashSet<string> Jobs { get; } = new(StringComparer.Ordinal);

    public ChannelReader<ToAgent> Outbox => outbox.Reader;

    public void Begin(AgentCommand command)
    {
        if (command is RunJob)
            Jobs.Add(command.Id);
        var (complete, secrets) = prepare(command);
        var begin = new Begin { CommandId = command.Id, Payload = JsonSerializer.Serialize(complete, CoreJson.Options) };
        begin.Kind = JsonSerializer.Deserialize<JsonElement>(begin.Payload).GetProperty("kind").GetString();
        begin.Secrets.Add(secrets.ToDictionary());
        Send(new ToAgent { Begin = begin });
    }

    /// <param name="jobs">Null: as many as it says itself.</param>
    public void Limit(int? jobs)
    {
        Slots = jobs ?? Own;
        Send(new ToAgent { Limit = new Limit { Jobs = (uint)Slots } });
    }

    public void Cancel(string commandId)
    {
        Jobs.Remove(commandId);
        Send(new ToAgent { Cancel = new Cancel { CommandId = commandId } });
    }

    public void Send(ToAgent message) => outbox.Writer.TryWrite(message);

    public void Close() => outbox.Writer.TryComplete();

    private static int SlotsOf(Hello hello) => (int)Math.Clamp(hello.Slots, 1, AgentLimits.JobsAtMost);
}
