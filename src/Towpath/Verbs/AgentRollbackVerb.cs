using System.CommandLine;
using System.Text.Json;
using Towpath.Agent.Apps;
using Towpath.Agent.Jobs;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Local;
using Towpath.Output;
using Command = System.CommandLine.Command;

namespace Towpath.Verbs;

/// <summary>Goes back on the machine itself: for the hour in which the server does not answer.</summary>
internal static class AgentRollbackVerb
{
    public static Command Create()
    {
        var environment = CommonOptions.Environment();
        var command = new Command("rollback", "Goes back to the version before, on this machine and without the server") { environment };
        command.SetAction((typed, cancel) => RunAsync(
            DataFolder.Resolve(typed.GetValue(CommonOptions.Data)),
            typed.GetValue(CommonOptions.Project),
            typed.GetRequiredValue(environment),
            typed.GetValue(CommonOptions.Json),
            cancel));
        return command;
    }

    private static async Task<int> RunAsync(string data, string? project, string environment, bool json, CancellationToken cancel)
    {
        var options = new AppHostOptions
        {
            Data = data,
            Fetch = (_, _, _) => throw new IOException("Without the server only what is on this machine can be gone back to."),
            Steps = new StepRunner(SandboxLevel.ProcessGroup, data),
        };
        var chosen = project ?? OnlyProject(data, environment);
        var ended = await RollbackRequest.MakeAsync(options, chosen, environment, line => Say(line, json), cancel);
        if (json)
            Console.Out.WriteLine(JsonSerializer.Serialize(ended, CoreJson.Options));
        return ended.Outcome switch
        {
            Outcome.Succeeded => ExitCode.Done,
            Outcome.Failed => throw new ExitException(ExitCode.Failed, ended.Reason),
            _ => throw ExitException.Refused(ended.Reason),
        };
    }

    private static void Say(string line, bool json)
    {
        if (!json)
            Terminal.Line(Terminal.Text(line));
    }

    private static string OnlyProject(string data, string environment)
    {
        var apps = Path.Combine(data, "agent", "apps");
        var projects = Directory.Exists(apps)
            ? Directory.GetDirectories(apps).Where(project => File.Exists(Path.Combine(project, environment, "state.json"))).ToList()
            : [];
        return projects switch
        {
            [var only] => Path.GetFileName(only),
            [] => throw ExitException.Refused($"Nothing was deployed to '{environment}' on this machine."),
            _ => throw ExitException.Usage($"Several projects have an environment '{environment}' here: say which with --project."),
        };
    }
}
