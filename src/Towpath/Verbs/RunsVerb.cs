using System.CommandLine;
using Spectre.Console;
using Towpath.Client;
using Towpath.Engine.Views;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class RunsVerb
{
    public static Command Create()
    {
        var command = new Command("runs", "Lists runs, newest first; shows, waits for, cancels and retries one");
        var limit = new Option<int>("--limit") { Description = "How many at most", HelpName = "N", DefaultValueFactory = _ => 20 };
        command.Add(limit);
        ClientVerb.Set(command, verb => ListAsync(verb, verb.Typed.GetValue(limit)));
        var list = new Command("list", "Lists runs, newest first") { limit };
        ClientVerb.Set(list, verb => ListAsync(verb, verb.Typed.GetValue(limit)));
        command.Add(list);
        command.Add(One("show", "Shows a run with its jobs and tests", async (verb, run) =>
            await verb.ShowAsync<RunView>(await verb.PathAsync("runs", run), RunText.Write)));
        command.Add(Wait());
        command.Add(One("cancel", "Ends a run", async (verb, run) =>
            await verb.ChangeAsync<RunView>(HttpMethod.Post, await verb.PathAsync("runs", run, "cancel"), null, RunText.Write)));
        command.Add(One("retry", "Builds a run that did not succeed once more, as a new run", async (verb, run) =>
            await verb.ChangeAsync<RunView>(
                HttpMethod.Post,
                await verb.PathAsync("runs", run, "retry"),
                null,
                made => Terminal.Line($"run {made.Number} builds {made.Commit[..10]} again"))));
        return command;
    }

    private static Command One(string name, string description, Func<ClientVerb, int, Task<int>> action)
    {
        var number = ClientVerb.RunNumber();
        var command = new Command(name, description) { number };
        ClientVerb.Set(command, verb => action(verb, verb.Typed.GetRequiredValue(number)));
        return command;
    }

    private static Command Wait()
    {
        var timeout = CommonOptions.WaitTimeout();
        var command = One("wait", "Waits until a run is over; ends with 0 when it succeeded, else with 1", async (verb, number) =>
        {
            var project = await verb.ProjectAsync();
            var run = await Waits.ForRunAsync(verb.Connection, project, number, verb.Typed.GetValue(timeout), verb.Cancel);
            if (verb.WantsJson)
                Console.Out.WriteLine(run.Json);
            else
                RunText.Write(run.View);
            return run.View.State == "succeeded" ? ExitCode.Done : ExitCode.Failed;
        });
        command.Add(timeout);
        return command;
    }

    private static async Task<int> ListAsync(ClientVerb verb, int limit) =>
        await verb.ShowAsync<List<RunView>>($"{await verb.PathAsync("runs")}?limit={limit}", runs =>
        {
            if (runs.Count == 0)
            {
                Terminal.Line("No run yet: a push makes one.");
                return;
            }

            var table = Terminal.Table("RUN", "STATE", "BRANCH", "COMMIT", "SUBJECT", "WHEN", "TOOK");
            foreach (var run in runs)
            {
                table.AddRow(
                    $"{run.Number}", Terminal.State(run.State), Terminal.Text(RunText.Branch(run.Ref)), run.Commit[..10],
                    Terminal.Text(RunText.Short(run.Subject)), Times.Ago(run.QueuedAt),
                    run.FinishedAt is null ? "" : Times.Took(run.StartedAt ?? run.QueuedAt, run.FinishedAt));
            }

            Terminal.Out.Write(table);
        });
}
