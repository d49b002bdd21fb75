using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;

namespace Towpath.Verbs;

/// <summary>Where the server listens.</summary>
internal static class ListenOption
{
    public const int DefaultPort = 7070;

    public static Option<IPEndPoint> Create() => new("--listen")
    {
        Description = $"Where git, the API and the pages answer; port 0 takes any free one [default: 127.0.0.1:{DefaultPort}]",
        HelpName = "HOST:PORT",
        DefaultValueFactory = _ => new IPEndPoint(IPAddress.Loopback, DefaultPort),
        CustomParser = Parse,
    };

    private static IPEndPoint? Parse(ArgumentResult result)
    {
        var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
        if (Parse(text) is { } parsed)
            return parsed;
        result.AddError($"'{text}' is nowhere to listen: write an address and a port, as 127.0.0.1:{DefaultPort}");
        return null;
    }

    internal static IPEndPoint? Parse(string text)
    {
        var named = text.StartsWith("localhost:", StringComparison.OrdinalIgnoreCase) ? "127.0.0.1" + text["localhost".Length..] : text;
        // The framework reads "7070" as an address.
        return named.Contains(':', StringComparison.Ordinal) && IPEndPoint.TryParse(named, out var endpoint)
            && named.EndsWith($":{endpoint.Port}", StringComparison.Ordinal) ? endpoint : null;
    }
}
