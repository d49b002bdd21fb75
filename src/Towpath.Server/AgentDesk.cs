using Towpath.Engine.Agents;
using Towpath.Server.Api;

namespace Towpath.Server;

/// <summary>What people set of agents.</summary>
internal static class AgentDesk
{
    /// <summary>How many jobs an agent does at once, also after restarts.</summary>
    /// <param name="hub">Null: this server has no agents.</param>
    /// <param name="jobs">Null: as many as it says itself.</param>
    /// <param name="limited">The agent as it is then; null: it was not taken.</param>
    /// <exception cref="IOException">The disk is full.</exception>
    public static Asked Limit(AgentHub? hub, string agent, int? jobs, out AgentView? limited)
    {
        limited = null;
        if (jobs is < 1 or > AgentLimits.JobsAtMost)
            return Asked.Invalid($"'jobs' is a number from 1 to {AgentLimits.JobsAtMost}, not {jobs}.");
        try
        {
            limited = hub?.Limit(agent, jobs);
            return limited is null ? Asked.NoAgent(agent) : Asked.Taken;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException { HResult: not ApiProblems.NoSpaceLeft })
        {
            return Asked.Unable($"The limit cannot be written: {e.Message}");
        }
    }
}
