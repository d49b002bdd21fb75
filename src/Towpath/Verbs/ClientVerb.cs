using System.CommandLine;
using System.CommandLine.Parsing;
using Towpath.Client;

namespace Towpath.Verbs;

/// <summary>One call of a verb that asks the server: what was typed, and a client for it.</summary>
internal sealed class ClientVerb(ParseResult typed, ServerClient client, ServerConnection connection, CancellationToken cancel)
{
    private string? project;

    public ParseResult Typed => typed;

    public ServerClient Client => client;

    public ServerConnection Connection => connection;

    public CancellationToken Cancel => cancel;

    public bool WantsJson => typed.GetValue(CommonOptions.Json);

    /// <summary>What the command does when it is called: the function gives the exit code.</summary>
    public static void Set(Command command, Func<ClientVerb, Task<int>> action) => command.SetAction(async (typed, cancel) =>
    {
        var connection = ServerConnection.Of(typed.GetValue(CommonOptions.Data));
        using var client = connection.Open();
        return await action(new ClientVerb(typed, client, connection, cancel));
    });

    public async Task<string> ProjectAsync() =>
        project ??= await ProjectChoice.ChooseAsync(typed.GetValue(CommonOptions.Project), client, cancel);

    /// <summary>A path below the project.</summary>
    public async Task<string> PathAsync(params object[] parts) => ServerClient.Path(["projects", await ProjectAsync(), .. parts]);

    /// <summary>Writes what the server says: as it is for scripts, else as the function shows it.</summary>
    public async Task<int> ShowAsync<T>(string path, Action<T> show)
    {
        var json = await client.GetTextAsync(path, cancel);
        if (WantsJson)
            Console.Out.WriteLine(json);
        else
            show(ServerClient.Read<T>(json));
        return ExitCode.Done;
    }

    /// <summary>Asks for a change, and writes what became of it.</summary>
    public async Task<int> ChangeAsync<T>(HttpMethod method, string path, object? body, Action<T> show)
    {
        var json = await client.SendAsync(method, path, body, cancel);
        if (WantsJson)
            Console.Out.WriteLine(json);
        else
            show(ServerClient.Read<T>(json));
        return ExitCode.Done;
    }

    /// <summary>An argument that is a run's number.</summary>
    public static Argument<int> RunNumber(string description = "The run's number") =>
        new("N") { Description = description, CustomParser = Number };

    public static Option<int> RunOption(bool required = true) =>
        new("--run") { Description = "The run's number", HelpName = "N", Required = required, CustomParser = Number };

    private static int Number(ArgumentResult result)
    {
        var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
        if (int.TryParse(text.TrimStart('#'), System.Globalization.CultureInfo.InvariantCulture, out var number) && number > 0)
            return number;
        result.AddError($"'{text}' is no run: write its number, as 'towpath runs' shows it");
        return 0;
    }
}
