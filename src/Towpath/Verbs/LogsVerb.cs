using System.CommandLine;
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
        var command = new Command("logs", "Shows the logs of a run's jobs, or of an environment's latest deployment")
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
        if (follow && run.State is "queued" or "running")
            await new RunFollower(verb.Connection, project, number, new LogWriterToOut(job is null ? width : 0)).RunAsync(job, verb.Cancel);
        else
            await PrintAsync(
                verb, jobs.Where(one => one.Log is not null && names.Contains(one.Name)), new LogWriterToOut(job is null ? width : 0));
        return ExitCode.Done;
    }

    private static async Task PrintAsync(ClientVerb verb, IEnumerable<JobView> jobs, LogWriterToOut output)
    {
        foreach (var job in jobs)
            output.Write(job.Name, await verb.Client.GetPlainAsync(LogPath(job.Log!), verb.Cancel));
    }

    private static async Task<int> OfEnvironmentAsync(ClientVerb verb, string name, bool follow)
    {
        var environment = await verb.Client.GetAsync<EnvironmentView>(await verb.PathAsync("environments", name), verb.Cancel);
        if (environment.Deployment is not { } deployment)
            throw ExitException.Refused($"nothing was deployed to '{name}' yet.");
        var output = new LogWriterToOut(0);
        if (follow && deployment.EndedAt is null)
            await RunFollower.FollowAsync(verb.Connection, deployment.Log, line => output.Write("", line), verb.Cancel);
        else
            output.Write("", await verb.Client.GetPlainAsync(LogPath(deployment.Log), verb.Cancel));
        return ExitCode.Done;
    }

    /// <summary>A log's id is a path; its parts hold nothing that has to be escaped.</summary>
    internal static string LogPath(string log) => "logs/" + log;
}
