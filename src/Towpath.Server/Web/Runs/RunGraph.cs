using Towpath.Core.Pipelines;
using Towpath.Core.Runs;
using Towpath.Engine.Views;
using Towpath.Server.Web.Design;

namespace Towpath.Server.Web.Runs;

/// <summary>A run's way as a picture: its jobs, its package and the environments that this goes to, each right of what it waits for.</summary>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Lines">Paths of an SVG.</param>
public sealed record RunGraph(int Width, int Height, IReadOnlyList<GraphNode> Nodes, IReadOnlyList<string> Lines)
{
    public const int NodeWidth = 176;
    public const int NodeHeight = 46;
    private const int Across = 44;
    private const int Down = 12;

    /// <summary>Letters of a name that fit.</summary>
    private const int NameAtMost = 17;

    /// <summary>Null: one job and nothing after it is no picture.</summary>
    /// <param name="href">Of the run.</param>
    /// <param name="shown">The job whose log the page shows.</param>
    public static RunGraph? Of(RunState run, RunView view, IReadOnlyList<Destination> destinations, string href, string? shown)
    {
        var places = new List<Place>();
        foreach (var job in view.Jobs ?? [])
            places.Add(new(job.Name, job.State, Look.Words(job.State), $"{href}?job={Look.Part(job.Name)}", job.Needs) { IsShown = job.Name == shown, From = job.StartedAt, To = job.FinishedAt });
        if (run.Pipeline.Package is not null || view.Package is not null)
            AddDelivery(places, run, view, destinations);
        return places.Count < 2 ? null : Draw(places);
    }

    private static void AddDelivery(List<Place> places, RunState run, RunView view, IReadOnlyList<Destination> destinations)
    {
        var needed = places.SelectMany(place => place.After).ToHashSet(StringComparer.Ordinal);
        var state = view.Package is not null ? "succeeded" : run.IsOver ? "skipped" : "queued";
        // No job may have such a name, and no environment either.
        const string package = "(package)";
        var last = places.Select(place => place.Id).Where(id => !needed.Contains(id)).ToList();
        places.Add(new(package, state, view.Package is { } known ? Look.Size(known.Size) : run.IsOver ? "none" : "to come", null, last) { Name = "package" });
        if (!view.Deploys)
            return;
        foreach (var environment in run.Pipeline.Environments)
        {
            var reached = destinations.FirstOrDefault(one => one.Environment == environment.Name);
            var href = $"/{Look.Part(run.Project)}/environments/{Look.Part(environment.Name)}{(reached is null ? "" : $"/deployments/{reached.Deployment.Number}")}";
            var word = reached is null ? "queued" : reached.IsLive ? "live" : reached.Deployment.State == "live" ? "was-live" : reached.Deployment.State;
            places.Add(new(
                $"{package}{environment.Name}", word, reached is null ? "not reached" : word == "live" ? "Live now" : Look.Words(word), href,
                environment.After.Count == 0 ? [package] : [.. environment.After.Select(before => package + before)]) { Name = environment.Name });
        }
    }

    private static RunGraph Draw(List<Place> places)
    {
        var byId = places.ToDictionary(place => place.Id, StringComparer.Ordinal);
        // Each stands after what it waits for in the list, as the pipeline's own order has it; what is not there is not waited for.
        var columns = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var place in places)
            Column(place);
        var layers = places.GroupBy(place => columns[place.Id]).OrderBy(layer => layer.Key).Select(layer => layer.ToList()).ToList();
        var tallest = layers.Max(layer => layer.Count);
        var rows = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var layer in layers)
        {
            // Beside what it waits for, so that lines cross as little as may be.
            var ordered = layer.OrderBy(place => place.After.Where(rows.ContainsKey).Select(before => rows[before]).DefaultIfEmpty(0).Average()).ToList();
            for (var index = 0; index < ordered.Count; index++)
                rows[ordered[index].Id] = ((tallest - ordered.Count) / 2.0) + index;
        }

        var nodes = places.Select(place => new GraphNode(
            place.Name.Length > NameAtMost ? place.Name[..(NameAtMost - 1)] + "…" : place.Name, place.Name, place.State, place.Says, place.Href, X(place.Id), Y(place.Id),
            place.IsShown, place.From, place.To)).ToList();
        var lines = from place in places
                    from before in place.After
                    where byId.ContainsKey(before)
                    select Line(X(before) + NodeWidth, Y(before) + (NodeHeight / 2), X(place.Id), Y(place.Id) + (NodeHeight / 2));
        return new((layers.Count * (NodeWidth + Across)) - Across, (tallest * (NodeHeight + Down)) - Down, nodes, [.. lines]);

        int Column(Place place)
        {
            if (!columns.TryGetValue(place.Id, out var column))
                columns[place.Id] = column = place.After.Where(byId.ContainsKey).Select(before => Column(byId[before]) + 1).DefaultIfEmpty(0).Max();
            return column;
        }

        int X(string id) => columns[id] * (NodeWidth + Across);

        int Y(string id) => (int)(rows[id] * (NodeHeight + Down));
    }

    private static string Line(int x1, int y1, int x2, int y2) => $"M{x1},{y1}C{x1 + (Across / 2)},{y1} {x2 - (Across / 2)},{y2} {x2},{y2}";

    private sealed record Place(string Id, string State, string Says, string? Href, IReadOnlyList<string> After)
    {
        public string Name { get; init; } = Id;

        public bool IsShown { get; init; }

        public DateTimeOffset? From { get; init; }

        public DateTimeOffset? To { get; init; }
    }
}

/// <param name="Name">As much of it as fits.</param>
/// <param name="State">As a run's or a deployment's state.</param>
/// <param name="Says">The state in words.</param>
/// <param name="X">Pixels, from the left.</param>
/// <param name="Y">Pixels, from the top.</param>
public sealed record GraphNode(
    string Name, string FullName, string State, string Says, string? Href, int X, int Y, bool IsShown, DateTimeOffset? From, DateTimeOffset? To);
