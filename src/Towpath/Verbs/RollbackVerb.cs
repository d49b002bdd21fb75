using System.CommandLine;
using Towpath.Engine.Views;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class RollbackVerb
{
    public static Command Create()
    {
        var environment = CommonOptions.Environment();
        var reason = CommonOptions.Reason();
        const string What = "Goes back to the version before, or ends the deployment under way; the environment is held afterwards";
        var command = new Command("rollback", What) { environment, reason };
        ClientVerb.Set(command, async verb =>
        {
            var path = await verb.PathAsync("environments", verb.Typed.GetRequiredValue(environment));
            await SayWhatStaysAsync(verb, path);
            return await verb.ChangeAsync<EnvironmentView>(
                HttpMethod.Post, path + "/rollback", new { reason = verb.Typed.GetValue(reason) }, EnvironmentText.Write);
        });
        return command;
    }

    /// <summary>Before anything moves: what going back does not bring back.</summary>
    private static async Task SayWhatStaysAsync(ClientVerb verb, string path)
    {
        if (verb.WantsJson)
            return;
        var before = await verb.Client.GetAsync<EnvironmentView>(path, verb.Cancel);
        if (before.Migrations is { Leaves: { Length: > 0 } stays })
            Terminal.Line($"[yellow]![/] {Terminal.Text(stays)}");
    }
}
