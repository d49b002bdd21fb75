using System.CommandLine;
using Towpath.Output;
using Towpath.Server.Api;

namespace Towpath.Verbs;

internal static class StatusVerb
{
    public static Command Create()
    {
        var command = new Command("status", "Shows the server: its version, its address, its agents and how much room its disk has");
        ClientVerb.Set(command, verb => verb.ShowAsync<ServerStatus>("status", status =>
        {
            Terminal.Line($"towpath {Terminal.Text(status.Version)} at [bold]{Terminal.Text(status.Url)}[/]");
            foreach (var agent in status.Agents)
                Terminal.Line($"  agent     {Terminal.Text(agent.Name)}: jobs {agent.Busy}, at once {agent.Slots}, sandbox {Terminal.Text(agent.Sandbox)}");
            if (status.Agents.Count == 0)
                Terminal.Line("  [red]no agent is connected: runs and deployments wait[/]");
            if (status.Disk is not { } disk)
                return;
            Terminal.Line($"  disk      {Times.Size(disk.Free)} of {Times.Size(disk.Total)} are free; {Times.Size(disk.Floor)} have to stay");
            if (disk.Problem is { } problem)
                Terminal.Line($"  [red]{Terminal.Text(problem)}[/]");
        }));
        return command;
    }
}
