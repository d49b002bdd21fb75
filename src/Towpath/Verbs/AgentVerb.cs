using System.CommandLine;
using Towpath.Agent;
using Towpath.Local;

namespace Towpath.Verbs;

internal static class AgentVerb
{
    public static Command Create()
    {
        var slots = new Option<int>("--jobs") { Description = "Jobs at the same time [default: as many as there are cores, at least 2]", HelpName = "N" };
        var command = new Command("agent", "The agent alone: runs jobs and hosts apps ('up' starts it)") { slots };
        command.SetAction(typed => PartVerb.RunAsync(typed, "agent", (data, stop) => AgentHost.RunAsync(
            new AgentSettings(data, "local", Path.Combine(data, "server", "agent.sock"), () => Endpoint.Read(data)?.Token ?? "", typed.GetValue(slots)), stop)));
        return command;
    }
}
