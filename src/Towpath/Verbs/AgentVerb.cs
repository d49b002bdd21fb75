using System.CommandLine;
using Towpath.Agent;
using Towpath.Agent.Jobs;
using Towpath.Local;

namespace Towpath.Verbs;

internal static class AgentVerb
{
    public static Command Create()
    {
        var slots = new Option<int>("--jobs")
        {
            Description = "Jobs at the same time [default: as many as there are cores, at least 2]",
            HelpName = "N",
        };
        var sandbox = new Option<string>("--sandbox")
        {
            Description = "How steps are kept apart [default: the best that this machine can do]",
        };
        sandbox.AcceptOnlyFromAmong([.. Enum.GetValues<SandboxLevel>().Select(SandboxName.Of)]);
        var command = new Command("agent", "The agent alone: runs jobs and hosts apps ('up' starts it)") { slots, sandbox };
        command.Subcommands.Add(AgentRollbackVerb.Create());
        command.SetAction(typed => PartVerb.RunAsync(typed, "agent", (data, stop) => AgentHost.RunAsync(
            new AgentSettings(data, "local", Path.Combine(data, "server", "agent.sock"), () => Endpoint.Read(data)?.Token ?? "")
            {
                Slots = typed.GetValue(slots),
                Sandbox = LevelOf(typed.GetValue(sandbox)),
            },
            stop)));
        return command;
    }

    private static SandboxLevel? LevelOf(string? name) =>
        name is null ? null : Enum.GetValues<SandboxLevel>().First(level => SandboxName.Of(level) == name);
}
