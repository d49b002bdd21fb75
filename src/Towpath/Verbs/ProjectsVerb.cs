using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Towpath.Client;
using Towpath.Engine.Views;
using Towpath.Output;
using Towpath.Server.Api;

namespace Towpath.Verbs;

internal static class ProjectsVerb
{
    public static Command Create()
    {
        var command = new Command("projects", "Lists the projects");
        ClientVerb.Set(command, List);
        var name = new Argument<string>("NAME") { Description = "The project" };
        var show = new Command("show", "Shows a project") { name };
        ClientVerb.Set(show, verb => verb.ShowAsync<ProjectView>(ServerClient.Path("projects", verb.Typed.GetRequiredValue(name)), Show));
        command.Add(show);
        var list = new Command("list", "Lists the projects");
        ClientVerb.Set(list, List);
        command.Add(list);
        return command;
    }

    private static async Task<int> List(ClientVerb verb)
    {
        if ((await verb.Client.GetAsync<ServerStatus>("status", verb.Cancel)).Disk?.Problem is { } problem)
            Console.Error.WriteLine($"towpath: {problem}");
        return await ShowAllAsync(verb);
    }

    private static Task<int> ShowAllAsync(ClientVerb verb) => verb.ShowAsync<List<ProjectView>>("projects", projects =>
    {
        if (projects.Count == 0)
        {
            Terminal.Line(
                $"No project yet: the first push to {Terminal.Text(verb.Client.Endpoint.Url.TrimEnd('/'))}/git/NAME.git creates it.");
            return;
        }

        var table = Terminal.Table("PROJECT", "BRANCH", "RUNS");
        foreach (var project in projects)
            table.AddRow(Terminal.Text(project.Name), Terminal.Text(project.DefaultBranch ?? "–"), $"{project.Runs}");
        Terminal.Out.Write(table);
    });

    private static void Show(ProjectView project)
    {
        Terminal.Line($"[bold]{Terminal.Text(project.Name)}[/]  {project.Runs} runs");
        foreach (var (branch, commit) in project.Branches)
            Terminal.Line(
                $"  {Terminal.Text(branch)}  {Terminal.Quiet(commit[..10])}{(branch == project.DefaultBranch ? "  deploys" : "")}");
        foreach (var schedule in project.Schedules)
            Terminal.Line($"  schedule {Terminal.Text(schedule.Name())}  {Terminal.Quiet(
                schedule.Next is { } next ? $"next {next.ToString("ddd yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture)}" : schedule.Problem)}");
    }
}
