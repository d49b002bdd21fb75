using System.CommandLine;
using Spectre.Console;
using Towpath.Engine.Views;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class EnvironmentsVerb
{
    public static Command Create()
    {
        var command = new Command("envs", "Lists environments; shows and stops one");
        ClientVerb.Set(command, ListAsync);
        var list = new Command("list", "Lists environments");
        ClientVerb.Set(list, ListAsync);
        command.Add(list);
        command.Add(One("show", "Shows what is live, on its way and waiting, and the history", async (verb, name) =>
            await verb.ShowAsync<EnvironmentView>(
                await verb.PathAsync("environments", name) + (verb.WantsJson ? "" : $"?history={EnvironmentText.HistoryAtMost}"),
                EnvironmentText.Write)));
        command.Add(One("stop", "Ends what runs there; the environment is held afterwards", async (verb, name) =>
            await verb.ChangeAsync<EnvironmentView>(
                HttpMethod.Post, await verb.PathAsync("environments", name, "stop"), null, EnvironmentText.Write)));
        return command;
    }

    private static Command One(string name, string description, Func<ClientVerb, string, Task<int>> action)
    {
        var environment = new Argument<string>("NAME") { Description = "The environment" };
        var command = new Command(name, description) { environment };
        ClientVerb.Set(command, verb => action(verb, verb.Typed.GetRequiredValue(environment)));
        return command;
    }

    private static async Task<int> ListAsync(ClientVerb verb) =>
        await verb.ShowAsync<List<EnvironmentView>>(await verb.PathAsync("environments"), environments =>
        {
            if (environments.Count == 0)
            {
                Terminal.Line("No environment yet: a pipeline file that was pushed names them.");
                return;
            }

            var table = Terminal.Table("ENVIRONMENT", "LIVE", "COMMIT", "SINCE", "LATEST DEPLOYMENT", "HOLD", "ADDRESS");
            var now = TimeProvider.System.GetUtcNow();
            foreach (var environment in environments)
            {
                table.AddRow(
                    Terminal.Text(environment.Name),
                    environment.Live is { } live ? $"run {live.Run}" : "–",
                    environment.Live?.Commit[..10] ?? "",
                    Times.Ago(environment.Live?.Since),
                    environment.Deployment is { } latest ? $"{Terminal.State(latest.State)} run {latest.Run}" : "–",
                    environment.Hold is not null ? "[yellow]held[/]" : environment.Freezes.Any(freeze => freeze.From <= now) ? "[yellow]frozen[/]" : "",
                    Terminal.Text(environment.Url));
            }

            Terminal.Out.Write(table);
        });
}
