using System.CommandLine;
using Spectre.Console;
using Towpath.Engine.Views;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class PromoteVerb
{
    public static Command Create()
    {
        var run = ClientVerb.RunOption();
        var environment = CommonOptions.Environment();
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask before going back to an older version" };
        var overriding = new Option<string?>("--override")
        {
            Description = "Pass over windows, freezes, soak time and webhooks, and say why; an approval that is needed is still needed",
            HelpName = "REASON",
        };
        var command = new Command("promote", "Deploys the package of a chosen run") { run, environment, yes, overriding };
        ClientVerb.Set(command, async verb =>
        {
            var (number, name) = (verb.Typed.GetRequiredValue(run), verb.Typed.GetRequiredValue(environment));
            var older = verb.Typed.GetValue(yes) || await ConfirmAsync(verb, name, number);
            return await verb.ChangeAsync<EnvironmentView>(
                HttpMethod.Post,
                await verb.PathAsync("environments", name, "promote"),
                new { run = number, confirmOlder = older, @override = verb.Typed.GetValue(overriding) },
                EnvironmentText.Write);
        });
        return command;
    }

    /// <returns>True when the run is older than what is live, and the person wants that.</returns>
    private static async Task<bool> ConfirmAsync(ClientVerb verb, string environment, int number)
    {
        var view = await verb.Client.GetAsync<EnvironmentView>(await verb.PathAsync("environments", environment), verb.Cancel);
        if (view.Live is not { } live || live.Run == number)
            return false;
        var chosen = await verb.Client.GetAsync<RunView>(await verb.PathAsync("runs", number), verb.Cancel);
        var current = await verb.Client.GetAsync<RunView>(await verb.PathAsync("runs", live.Run), verb.Cancel);
        if (chosen.Order >= current.Order)
            return false;
        var question = $"run {number} is older than run {live.Run}, which is live in '{environment}'; the environment is held afterwards";
        if (!Terminal.IsInteractive || verb.WantsJson)
            throw ExitException.Refused($"{question}: say --yes if that is what you want.");
        return await Terminal.Out.ConfirmAsync($"{Terminal.Text(question)}. Go back to it?", defaultValue: false, verb.Cancel)
            ? true
            : throw ExitException.Refused("nothing was changed.");
    }
}
