using System.CommandLine;
using System.Text.Json;
using Towpath.Client;
using Towpath.Engine.Views;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class LogsVerb
{
    public static Command Create()
    {
        var run = ClientVerb.RunOption(required: false);
        var job = new Option<string?>("--job") { Description = "Only this job", HelpName = "NAME" };
        var environment = new Option<string?>("--env", "--environment", "-e")
        {
            Description = "The latest deployment there",
            HelpName = "NAME",
        };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on until the log ends" };
        var command = new Command("logs", "Shows the logs of a run's jobs, or of an environment's latest deployment; --json: an object a line")
        {
            run, job, environment, follow,
        };
        ClientVerb.Set(command, verb => (verb.Typed.GetValue(run), verb.Typed.GetValue(environment)) switch
        {
            ( > 0 and var number, null) => OfRunAsync(verb, number, verb.Typed.GetValue(job), verb.Typed.GetValue(follow)),
            (0, { } name) => OfEnvironmentAsync(verb, name, verb.Typed.GetValue(follow)),
            _ => throw ExitException.Usage("say whose log: --run N, or --env NAME."),
        });
        return command;
    }

    private static async Task<int> OfRunAsync(ClientVerb verb, int number, string? job, bool follow)
    {
        var project = await verb.ProjectAsync();
        var run = await verb.Client.GetAsync<RunView>(ServerClient.Path("projects", project, "runs", number), verb.Cancel);
        var jobs = run.Jobs ?? [];
        if (job is not null && jobs.All(one => one.Name != job))
            throw ExitException.Usage($"run {number} has no job '{job}': it has {string.Join(", ", jobs.Select(one => one.Name))}.");
        // A job that is named needs no name before its lines.
        var names = jobs.Select(one => one.Name).Where(name => job is null || name == job).ToList();
        var width = names.Count == 0 ? 0 : names.Max(name => name.Length);
        var output = new LogWriterToOut(job is null ? width : 0, verb.WantsJson);
        if (follow && run.State is "queued" or "running")
        {
            await new RunFollower(verb.Connection, project, number, output).RunAsync(job, verb.Cancel);
            return ExitCode.Done;
        }

        foreach (var one in jobs.Where(one => one.Log is not null && names.Contains(one.Name)))
            await PrintAsync(verb, one.Name, one.Log!, output);
        return ExitCode.Done;
    }

    /// <summary>All lines that there are: whole as text, and for scripts part by part, as the server gives them.</summary>
    private static async Task PrintAsync(ClientVerb verb, string name, string log, LogWriterToOut output)
    {
        if (!verb.WantsJson)
        {
            output.Write(name, await verb.Client.GetPlainAsync(LogPath(log), verb.Cancel));
            return;
        }

        for (long next = 1, last = 0; next > last;)
        {
            last = next;
            using var part = JsonDocument.Parse(await verb.Client.GetTextAsync($"{LogPath(log)}?from={next}", verb.Cancel));
            foreach (var line in part.RootElement.GetProperty("lines").EnumerateArray())
                output.Write(name, line);
            next = part.RootElement.GetProperty("next").GetInt64();
        }
    }

    private static async Task<int> OfEnvironmentAsync(ClientVerb verb, string name, bool follow)
    {
        var environment = await verb.Client.GetAsync<EnvironmentView>(await verb.PathAsync("environments", name), verb.Cancel);
        if (environment.Deployment is not { } deployment)
            throw ExitException.Refused($"nothing was deployed to '{name}' yet.");
        var output = new LogWriterToOut(0, verb.WantsJson);
        if (follow && deployment.EndedAt is null)
            await RunFollower.FollowAsync(verb.Connection, deployment.Log, line => output.Write("", line), verb.Cancel);
        else
            await PrintAsync(verb, "", deployment.Log, output);
        return ExitCode.Done;
    }

    /// <summary>A log's id is a path; its parts hold nothing that has to be escaped.</summary>
    internal static string LogPath(string log) => "logs/" + log;
}
