using System.CommandLine;
using Spectre.Console;
using Towpath.Engine.Views;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class SecretsVerb
{
    public static Command Create() =>
        new("secret", "Sets, removes and lists the secrets that the server keeps for an environment") { Set(), Unset(), List() };

    private static Command Set()
    {
        var environment = CommonOptions.Environment();
        var pair = new Argument<string>("NAME[=VALUE]")
        {
            Description = "The secret; without a value it is read from the terminal or from stdin",
        };
        var command = new Command("set", "Sets a secret; its value is never shown again") { pair, environment };
        ClientVerb.Set(command, async verb =>
        {
            var text = verb.Typed.GetRequiredValue(pair);
            var at = text.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = at < 0 ? (text, await ReadAsync(text, verb.Cancel)) : (text[..at], text[(at + 1)..]);
            return await verb.ChangeAsync<SettingsView>(
                HttpMethod.Put,
                await verb.PathAsync("environments", verb.Typed.GetRequiredValue(environment), "secrets", name),
                new { value },
                Write);
        });
        return command;
    }

    private static Command Unset()
    {
        var environment = CommonOptions.Environment();
        var name = new Argument<string>("NAME") { Description = "The secret" };
        var command = new Command("unset", "Removes a secret") { name, environment };
        ClientVerb.Set(command, async verb => await verb.ChangeAsync<SettingsView>(
            HttpMethod.Delete,
            await verb.PathAsync("environments", verb.Typed.GetRequiredValue(environment), "secrets", verb.Typed.GetRequiredValue(name)),
            null,
            Write));
        return command;
    }

    private static Command List()
    {
        var environment = CommonOptions.Environment();
        var command = new Command("list", "Lists the names of an environment's secrets") { environment };
        ClientVerb.Set(command, async verb =>
        {
            var settings = await verb.Client.GetAsync<SettingsView>(
                await verb.PathAsync("environments", verb.Typed.GetRequiredValue(environment), "settings"), verb.Cancel);
            if (verb.WantsJson)
                JsonText.Write(settings.Secrets);
            else
                Write(settings);
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Not as an argument: those stand in the shell's history and in the list of processes.</summary>
    private static async Task<string> ReadAsync(string name, CancellationToken cancel) =>
        Terminal.IsInteractive
            ? await new TextPrompt<string>($"{Terminal.Text(name)}:").Secret(null).ShowAsync(Terminal.Out, cancel)
            : (await Console.In.ReadToEndAsync(cancel)).TrimEnd('\n');

    private static void Write(SettingsView settings)
    {
        foreach (var name in settings.Secrets)
            Terminal.Line(Terminal.Text(name));
    }
}
