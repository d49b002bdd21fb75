using System.CommandLine;
using Towpath.Engine.Views;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class VariablesVerb
{
    public static Command Create() =>
        new("env", "Sets, removes and lists the variables that the server keeps for an environment") { Set(), Unset(), List() };

    private static Command Set()
    {
        var environment = CommonOptions.Environment();
        var pairs = new Argument<string[]>("NAME=VALUE") { Description = "Variables", Arity = ArgumentArity.OneOrMore };
        var command = new Command("set", "Sets variables; what is live is deployed again with them") { pairs, environment };
        ClientVerb.Set(command, verb => ChangeAsync(
            verb, verb.Typed.GetRequiredValue(environment), verb.Typed.GetRequiredValue(pairs).Select(Pair)));
        return command;
    }

    private static Command Unset()
    {
        var environment = CommonOptions.Environment();
        var names = new Argument<string[]>("NAME") { Description = "Variables", Arity = ArgumentArity.OneOrMore };
        var command = new Command("unset", "Removes variables") { names, environment };
        ClientVerb.Set(command, verb => ChangeAsync(
            verb,
            verb.Typed.GetRequiredValue(environment),
            verb.Typed.GetRequiredValue(names).Select(name => KeyValuePair.Create(name, (string?)null))));
        return command;
    }

    private static Command List()
    {
        var environment = CommonOptions.Environment();
        var command = new Command("list", "Lists the variables of an environment") { environment };
        ClientVerb.Set(command, async verb =>
        {
            var settings = await verb.Client.GetAsync<SettingsView>(
                await verb.PathAsync("environments", verb.Typed.GetRequiredValue(environment), "settings"), verb.Cancel);
            if (verb.WantsJson)
                JsonText.Write(settings.Variables);
            else
                Write(settings);
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<int> ChangeAsync(ClientVerb verb, string environment, IEnumerable<KeyValuePair<string, string?>> variables) =>
        await verb.ChangeAsync<SettingsView>(
            HttpMethod.Patch, await verb.PathAsync("environments", environment, "settings"),
            // A null has to be sent: it removes the variable. As a value of a dictionary it is.
            new { variables = variables.ToDictionary(pair => pair.Key, pair => pair.Value) }, Write);

    private static void Write(SettingsView settings)
    {
        foreach (var (name, value) in settings.Variables.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            Terminal.Line($"{Terminal.Text(name)}={Terminal.Text(value)}");
    }

    private static KeyValuePair<string, string?> Pair(string text) =>
        text.IndexOf('=', StringComparison.Ordinal) is > 0 and var at
            ? new KeyValuePair<string, string?>(text[..at], text[(at + 1)..])
            : throw ExitException.Usage($"'{text}' is no variable: write NAME=VALUE.");
}
