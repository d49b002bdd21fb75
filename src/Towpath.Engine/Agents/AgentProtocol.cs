namespace Towpath.Engine.Agents;

/// <summary>
/// Which agents a server understands: those that speak its own version of the protocol or the one before, so that the
/// server can be replaced first and the agents one at a time after it.
/// </summary>
public static class AgentProtocol
{
    /// <summary>The newest version that this server speaks.</summary>
    public const uint Current = 1;

    /// <returns>Null when an agent of that version is understood: then its version is spoken. Else why not, and what to do.</returns>
    public static string? Refusal(uint agent, uint server = Current) =>
        agent == 0 ? "The agent does not say which protocol it speaks."
        : agent > server ? $"This server speaks agent protocol {server}, the agent {agent}: upgrade the server first, then the agents."
        : agent + 1 < server ? $"This server speaks agent protocols {server - 1} and {server}, the agent {agent}: upgrade the agent."
        : null;
}
