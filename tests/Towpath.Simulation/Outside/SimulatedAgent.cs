using Towpath.Core;
using Towpath.Core.Agents;

namespace Towpath.Simulation.Outside;

/// <summary>A machine with an agent: what it is doing is lost when it dies, what it finished and began lies on its disk.</summary>
internal sealed class SimulatedAgent(string name)
{
    public string Name { get; } = name;

    /// <summary>It runs and is connected.</summary>
    public bool IsThere { get; set; } = true;

    /// <summary>Counts its lives: what was planned in an earlier one does not happen.</summary>
    public int Life { get; private set; }

    /// <summary>Under way now, by command id.</summary>
    public Dictionary<string, AgentCommand> Working { get; } = new(StringComparer.Ordinal);

    /// <summary>Answers, kept so that a repeated command gets the same one again.</summary>
    public Dictionary<string, MachineInput> Answers { get; } = new(StringComparer.Ordinal);

    /// <summary>Answers that the server has not confirmed.</summary>
    public HashSet<string> Unconfirmed { get; } = new(StringComparer.Ordinal);

    /// <summary>Commands that were ever started here, so that one that must not be repeated is not.</summary>
    public Dictionary<string, AgentCommand> Begun { get; } = new(StringComparer.Ordinal);

    /// <returns>What it was doing.</returns>
    public IReadOnlyList<AgentCommand> Die()
    {
        IReadOnlyList<AgentCommand> lost = [.. Working.Values];
        Working.Clear();
        IsThere = false;
        Life++;
        return lost;
    }

    /// <summary>One thing at a time is done to an environment: what came before is ended first.</summary>
    public void MakeRoomFor(AgentCommand command)
    {
        if (command is not StageCommand { Plan: var plan })
            return;
        foreach (var other in Working.Values.Where(other =>
            other is StageCommand { Plan: var busy } && busy.Environment == plan.Environment && busy.Project == plan.Project).ToList())
            Working.Remove(other.Id);
    }
}
