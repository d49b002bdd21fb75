using System.CommandLine;
using Towpath.Client;

namespace Towpath.Verbs;

/// <summary>Gives git the token of the server that it pushes to, so that it stands in no repository's configuration.</summary>
internal static class GitCredentialVerb
{
    public static Command Create()
    {
        var operation = new Argument<string>("OPERATION");
        var command = new Command("git-credential", "Answers git's question for the server's token") { operation };
        command.Hidden = true;
        command.SetAction(typed =>
        {
            if (typed.GetValue(operation) != "get")
                return ExitCode.Done;
            var asked = ReadQuestion();
            var endpoint = ServerConnection.Of(typed.GetValue(CommonOptions.Data)).Find();
            var server = new Uri(endpoint.Url);
            // Only the server itself is told, whatever host git was sent to.
            if (asked.GetValueOrDefault("protocol") == server.Scheme && asked.GetValueOrDefault("host") == server.Authority)
                Console.Out.Write($"username=towpath\npassword={endpoint.Token}\n");
            return ExitCode.Done;
        });
        return command;
    }

    private static Dictionary<string, string> ReadQuestion()
    {
        var asked = new Dictionary<string, string>(StringComparer.Ordinal);
        while (Console.In.ReadLine() is { Length: > 0 } line)
        {
            if (line.IndexOf('=', StringComparison.Ordinal) is > 0 and var at)
                asked[line[..at]] = line[(at + 1)..];
        }

        return asked;
    }
}
