using System.CommandLine;
using Towpath.Engine.Views;
using Towpath.Output;
using Towpath.Server.Api;

namespace Towpath.Verbs;

internal static class RollbackVerb
{
    public static Command Create()
    {
        var name = new Argument<string?>("ENVIRONMENT") { Description = "The environment", Arity = ArgumentArity.ZeroOrOne };
        var option = CommonOptions.Environment();
        option.Required = false;
        var to = new Option<int?>("--to") { Description = "The run to go back to [default: the version before]", HelpName = "N" };
        var reason = CommonOptions.Reason();
        const string What = "Goes back to an earlier version, or ends the deployment under way; the environment is held afterwards";
        var command = new Command("rollback", What) { name, option, to, reason };
        command.Validators.Add(typed =>
        {
            if (typed.GetValue(name) is null == typed.GetValue(option) is null)
                typed.AddError("Say once which environment goes back.");
        });
        ClientVerb.Set(command, async verb =>
        {
            var path = await verb.PathAsync("environments", (verb.Typed.GetValue(name) ?? verb.Typed.GetValue(option))!, "rollback");
            var run = verb.Typed.GetValue(to);
            await SayWhatStaysAsync(verb, run is null ? path : $"{path}?to={run}");
            return await verb.ChangeAsync<EnvironmentView>(
                HttpMethod.Post, path, new { reason = verb.Typed.GetValue(reason), to = run }, EnvironmentText.Write);
        });
        return command;
    }

    /// <summary>Before anything moves: what going back does not bring back.</summary>
    private static async Task SayWhatStaysAsync(ClientVerb verb, string path)
    {
        if (!verb.WantsJson && await verb.Client.GetAsync<RollbackLeaves>(path, verb.Cancel) is { Leaves: { Length: > 0 } stays })
            Terminal.Line($"[yellow]![/] {Terminal.Text(stays)}");
    }
}
