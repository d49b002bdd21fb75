using System.Text.Json;
using System.Text.Json.Serialization;
using Towpath.Protocol.Failpoints;
using Towpath.Protocol.Files;
using Towpath.Protocol.Router;

namespace Towpath.Router.Routes;

/// <summary>The routes on disk: what the router follows after a restart, with nobody there to tell it.</summary>
internal sealed class RouteFile(string path, TimeProvider time)
{
    private const int Version = 1;

    /// <summary>Replaces the file whole. When this returns, it survives a loss of power.</summary>
    /// <exception cref="IOException">The file is as it was before.</exception>
    public void Write(IEnumerable<Route> routes)
    {
        var content = new Content(Version, [.. routes.Select(ToStored)]);
        Failpoint.Cross("routes.writing");
        DurableFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(content, RouteFileJson.Default.Content));
        Failpoint.Cross("routes.written");
    }

    /// <summary>
    /// Empty without a file. A damaged file is put aside, so that a person can look at it, and <paramref name="warn"/> is
    /// told in one sentence.
    /// </summary>
    /// <exception cref="RouterRefusedException">A newer version wrote the file.</exception>
    public IReadOnlyList<Route> Read(Action<string> warn)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (FileNotFoundException)
        {
            return [];
        }

        string fault;
        try
        {
            var version = JsonSerializer.Deserialize(bytes, RouteFileJson.Default.Head)?.Version ?? 0;
            if (version > Version)
            {
                throw new RouterRefusedException(
                    $"{path} has version {version} and this router knows version {Version}: start the newer router that wrote it.");
            }

            var stored = JsonSerializer.Deserialize(bytes, RouteFileJson.Default.Content);
            var routes = (stored?.Routes ?? throw new JsonException("It has no routes.")).Select(ToRoute).ToList();
            var invalid = routes.Select(RouteRules.FindFault).FirstOrDefault(f => f is not null)
                ?? routes.GroupBy(r => r.Id).Where(g => g.Count() > 1).Select(g => $"Route {g.Key} is in it twice.").FirstOrDefault();
            if (invalid is null)
                return routes;

            fault = invalid;
        }
        catch (JsonException e)
        {
            fault = e.Message;
        }

        var aside = $"{path}.damaged-{time.GetUtcNow():yyyyMMddTHHmmssfff}";
        File.Move(path, aside, overwrite: true);
        warn($"{path} is damaged ({fault}): it was kept as {aside} and the router starts without routes until its agent sets them again.");
        return [];
    }

    private static StoredRoute ToStored(Route route) => new(
        route.Id,
        route.Listen,
        route.Release,
        ToStored(route.Destinations),
        route.StaticRoot.Length == 0 ? null : route.StaticRoot,
        route.Canary is { } canary ? ToStored(canary) : null);

    private static StoredCanary ToStored(Canary canary) => new(
        canary.Release,
        ToStored(canary.Destinations),
        canary.Share,
        canary.LeaseMs,
        canary.Sticky,
        canary.Testers is { } testers
            ? new StoredTesters(
                testers.Value, testers.HasHeader ? testers.Header : null, testers.HasCookie ? testers.Cookie : null)
            : null);

    private static StoredDestination[] ToStored(IEnumerable<Destination> destinations) =>
        [.. destinations.Select(d => new StoredDestination(d.Id, d.Address))];

    private static Route ToRoute(StoredRoute? stored)
    {
        if (stored is null || stored.Destinations.Any(d => d is null) || (stored.Canary?.Destinations.Any(d => d is null) ?? false))
            throw new JsonException("A route or a destination in it is null.");

        var route = new Route
        {
            Id = stored.Id,
            Listen = stored.Listen,
            Release = stored.Release,
            StaticRoot = stored.StaticRoot ?? "",
            Canary = stored.Canary is { } canary ? ToCanary(canary) : null,
        };
        route.Destinations.AddRange(ToDestinations(stored.Destinations));
        return route;
    }

    private static Canary ToCanary(StoredCanary stored)
    {
        var canary = new Canary { Release = stored.Release, Share = stored.Share, LeaseMs = stored.LeaseMs, Sticky = stored.Sticky };
        canary.Destinations.AddRange(ToDestinations(stored.Destinations));
        if (stored.Testers is not { } testers)
            return canary;

        canary.Testers = new Testers { Value = testers.Value };
        if (testers.Header is not null)
            canary.Testers.Header = testers.Header;
        else if (testers.Cookie is not null)
            canary.Testers.Cookie = testers.Cookie;
        return canary;
    }

    private static IEnumerable<Destination> ToDestinations(IEnumerable<StoredDestination> stored) =>
        stored.Select(d => new Destination { Id = d.Id, Address = d.Address });

    internal sealed record Head(int Version);

    internal sealed record Content(int Version, StoredRoute[] Routes);

    /// <param name="Canary">A version that knows none reads past it, and everything goes to the baseline: no reason for a new number.</param>
    internal sealed record StoredRoute(
        string Id,
        string Listen,
        string Release,
        StoredDestination[] Destinations,
        string? StaticRoot = null,
        StoredCanary? Canary = null);

    internal sealed record StoredDestination(string Id, string Address);

    internal sealed record StoredCanary(
        string Release, StoredDestination[] Destinations, uint Share, uint LeaseMs, bool Sticky, StoredTesters? Testers = null);

    internal sealed record StoredTesters(string Value, string? Header = null, string? Cookie = null);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    WriteIndented = true)]
[JsonSerializable(typeof(RouteFile.Head))]
[JsonSerializable(typeof(RouteFile.Content))]
internal sealed partial class RouteFileJson : JsonSerializerContext;
