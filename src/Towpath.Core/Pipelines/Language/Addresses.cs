using System.Globalization;

namespace Towpath.Core.Pipelines.Language;

/// <summary>Where a router listens, as the pipeline file writes it: a port, or HOST:PORT.</summary>
internal static class Addresses
{
    /// <summary>Nothing is open to the network unless the file says so.</summary>
    private const string DefaultHost = "127.0.0.1";

    /// <summary><c>8080</c> and <c>localhost:8080</c> become <c>127.0.0.1:8080</c>.</summary>
    /// <param name="text">Without objection.</param>
    public static string Full(string text)
    {
        var host = Host(text);
        return $"{(host is null or "localhost" ? DefaultHost : host)}:{Port(text)}";
    }

    public static int Port(string text) => int.Parse(text[(text.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture);

    public static string? Objection(string text)
    {
        if (Port(text) is < 1 or > 65535)
            return "must have a port from 1 to 65535";
        var good = Host(text) switch
        {
            null or "localhost" => true,
            ['[', .. var inner, ']'] => IsVersion6(inner),
            var host => IsVersion4(host),
        };
        return good ? null : "must have an IP address of the machine, or localhost, before the port, such as 0.0.0.0:80";
    }

    private static string? Host(string text) => text.LastIndexOf(':') is var colon and >= 0 ? text[..colon] : null;

    private static bool IsVersion4(string text) =>
        text.Split('.') is { Length: 4 } numbers
        && numbers.All(number => number.Length is > 0 and <= 3 && (number.Length == 1 || number[0] != '0'))
        && numbers.All(number => int.Parse(number, CultureInfo.InvariantCulture) <= 255);

    /// <summary>Eight groups of at most four hexadecimal digits; one '::' stands for those that are left out.</summary>
    private static bool IsVersion6(string text)
    {
        var halves = text.Split("::");
        if (halves.Length > 2 || text.Contains('.', StringComparison.Ordinal))
            return false;
        var groups = halves.SelectMany(half => half.Length == 0 ? [] : half.Split(':')).ToList();
        return groups.All(group => group.Length is > 0 and <= 4) && (halves.Length == 2 ? groups.Count <= 7 : groups.Count == 8);
    }
}
