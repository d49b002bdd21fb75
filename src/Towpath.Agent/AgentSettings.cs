using Towpath.Agent.Jobs;

namespace Towpath.Agent;

/// <summary>What an agent is started with.</summary>
/// <param name="Data">Towpath's data folder; the agent's own part is <c>agent/</c> in it.</param>
/// <param name="Name">Unique among the server's agents; environments name it.</param>
/// <param name="Socket">Where the server listens for agents.</param>
/// <param name="Token">Asked for each connection.</param>
/// <param name="Slots">Jobs at the same time; 0: as many as there are cores, at least two.</param>
/// <param name="Sandbox">How steps are kept apart; null: the best that this machine can do.</param>
/// <param name="Say">Takes a line for the agent's own log; null: stdout.</param>
public sealed record AgentSettings(
    string Data, string Name, string Socket, Func<string> Token, int Slots = 0, SandboxLevel? Sandbox = null, Action<string>? Say = null)
{
    public int JobsAtOnce => Slots > 0 ? Slots : Math.Max(2, Environment.ProcessorCount);
}
