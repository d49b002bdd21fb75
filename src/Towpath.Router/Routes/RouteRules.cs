using System.Buffers;
using System.Net;
using Towpath.Protocol.Router;
using Towpath.Router.Splitting;

namespace Towpath.Router.Routes;

/// <summary>What a route must be like before anything is done with it.</summary>
internal static class RouteRules
{
    private const int LongestName = 300;
    private const int MostDestinations = 256;
    private const int LongestMark = 256;
    private const uint LongestLease = 3_600_000;

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    /// <summary>The first thing that is wrong with the route, as one sentence; null when it is fine.</summary>
    public static string? FindFault(Route route)
    {
        if (route.Id.Length is 0 or > LongestName)
            return $"A route needs an id of 1 to {LongestName} characters.";
        if (!TryParseListen(route.Listen, out _))
            return $"\"{route.Listen}\" is no address to listen on: write an IP address and a port, as in 127.0.0.1:8080.";
        if (route.StaticRoot.Length > 0 && route.Destinations.Count > 0)
            return $"Route {route.Id} has both destinations and a folder of files: give one of the two.";
        if (route.StaticRoot.Length > 0 && !Path.IsPathFullyQualified(route.StaticRoot))
            return $"The folder of route {route.Id} must be an absolute path, not \"{route.StaticRoot}\".";
        if (route.Destinations.Count > MostDestinations)
            return $"Route {route.Id} has {route.Destinations.Count} destinations; {MostDestinations} is the most.";

        if (route.Canary is { } canary && FindFault(route, canary) is { } fault)
            return fault;

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var destination in route.Destinations.Concat(route.Canary?.Destinations ?? []))
        {
            if (destination.Id.Length is 0 or > LongestName)
                return $"A destination of route {route.Id} needs an id of 1 to {LongestName} characters.";
            if (!seen.Add(destination.Id))
                return $"Route {route.Id} names destination {destination.Id} twice.";
            if (!IsAddress(destination.Address))
                return $"\"{destination.Address}\" is no address of a destination: write it as http://127.0.0.1:41234.";
        }

        return null;
    }

    private static string? FindFault(Route route, Canary canary)
    {
        if (route.StaticRoot.Length > 0)
            return $"Route {route.Id} serves a folder of files: only an app with destinations can have a canary.";
        if (canary.Release.Length is 0 or > LongestName)
            return $"The canary of route {route.Id} needs a release of 1 to {LongestName} characters.";
        if (canary.Release == route.Release)
            return $"The canary of route {route.Id} is of the route's own release {route.Release}: it must be another one.";
        if (canary.Share > Split.Whole)
            return $"The canary of route {route.Id} has a share of {canary.Share}; {Split.Whole} is the whole.";
        if (canary.LeaseMs is 0 or > LongestLease)
            return $"The canary of route {route.Id} needs a lease of 1 to {LongestLease} ms, not {canary.LeaseMs}.";
        if (canary.Destinations.Count > MostDestinations)
            return $"The canary of route {route.Id} has {canary.Destinations.Count} destinations; {MostDestinations} is the most.";
        return canary.Testers is { } testers ? FindFault(route, testers) : null;
    }

    private static string? FindFault(Route route, Testers testers)
    {
        var name = testers.HasCookie ? testers.Cookie : testers.Header;
        if (name.Length is 0 or > LongestMark || name.AsSpan().ContainsAnyExcept(NameCharacters))
            return $"The testers of route {route.Id} need the name of a header or of a cookie: letters, digits, - and _.";
        if (testers.HasCookie && name.StartsWith("towpath-", StringComparison.Ordinal))
            return $"The testers of route {route.Id} need another cookie than {name}: those of that name are the router's own.";
        if (testers.Value.Length is 0 or > LongestMark || testers.Value.Any(c => c is <= ' ' or > '~' or ',' or ';'))
            return $"The testers of route {route.Id} need a value of 1 to {LongestMark} visible characters, without comma and semicolon.";
        return null;
    }

    /// <summary>An IP address with a port from 1 to 65535. Names are refused: what they stand for may change between restarts.</summary>
    public static bool TryParseListen(string text, out IPEndPoint listen)
    {
        // Without a colon .NET reads port 0, which is refused here as well.
        if (IPEndPoint.TryParse(text, out var parsed) && parsed.Port > 0)
        {
            listen = parsed;
            return true;
        }

        listen = new IPEndPoint(IPAddress.None, 0);
        return false;
    }

    private static bool IsAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address)
        && address.Scheme == Uri.UriSchemeHttp
        && address is { PathAndQuery: "/", Fragment: "", UserInfo: "" };
}
