using System.CommandLine;
using Spectre.Console;
using Towpath.Client;
using Towpath.Engine.Agents;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class AgentsVerb
{
    public static Command Create()
    {
        var command = new Command("agents", "Lists the agents that are connected");
        ClientVerb.Set(command, List);
        var list = new Command("list", "Lists the agents that are connected");
        ClientVerb.Set(list, List);
        command.Add(list);
        command.Add(Limit());
        return command;
    }

    private static Command Limit()
    {
        var name = new Argument<string>("NAME") { Description = "The agent" };
        var jobs = new Argument<int?>("JOBS")
        {
            Description = $"From 1 to {AgentLimits.JobsAtMost}",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var reset = new Option<bool>("--reset") { Description = "As many as the agent says itself" };
        var command = new Command("limit", "Sets how many jobs an agent does at once; what waits starts, and what runs goes on") { name, jobs, reset };
        command.Validators.Add(typed =>
        {
            if (typed.GetValue(jobs) is null != typed.GetValue(reset))
                typed.AddError("Say how many jobs, or --reset.");
        });
        ClientVerb.Set(command, verb => verb.ChangeAsync<AgentView>(
            verb.Typed.GetValue(reset) ? HttpMethod.Delete : HttpMethod.Put,
            ServerClient.Path("agents", verb.Typed.GetRequiredValue(name), "limit"),
            verb.Typed.GetValue(reset) ? null : new { jobs = verb.Typed.GetValue(jobs) },
            agent => Terminal.Line($"{Terminal.Text(agent.Name)}: jobs at once {agent.Slots}, running {agent.Busy}")));
        return command;
    }

    private static Task<int> List(ClientVerb verb) => verb.ShowAsync<List<AgentView>>("agents", agents =>
    {
        if (agents.Count == 0)
        {
            Terminal.Line("No agent is connected: runs and deployments wait.");
            return;
        }

        var table = Terminal.Table("AGENT", "JOBS", "AT ONCE", "SANDBOX", "VERSION");
        foreach (var agent in agents)
            table.AddRow(Terminal.Text(agent.Name), $"{agent.Busy}", $"{agent.Slots}{(agent.Limit is null ? "" : ", limited")}", Terminal.Text(agent.Sandbox), Terminal.Text(agent.Version));
        Terminal.Out.Write(table);
    });
}
