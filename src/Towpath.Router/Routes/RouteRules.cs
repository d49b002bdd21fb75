using System.Net;
using Towpath.Protocol.Router;

namespace Towpath.Router.Routes;

/// <summary>What a route must be like before anything is done with it.</summary>
internal static class RouteRules
{
    private const int LongestName = 300;
    private const int MostDestinations = 256;

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

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var destination in route.Destinations)
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
