using Towpath.Core.Pipelines;
using Towpath.Protocol.Router;

namespace Towpath.Agent.Apps;

/// <content>Where the router sends requests.</content>
internal sealed partial class HostedEnvironment
{
    /// <summary>When the canary's lease was given, and for how long. Never on disk: whoever lent it may be gone.</summary>
    private long lent;
    private TimeSpan lease;

    private string RoutePrefix => $"{State.Project}/{State.Environment}/";

    public string RouteOf(string app) => RoutePrefix + app;

    /// <summary>Those whose requests the router counts: it does not count files that it serves itself.</summary>
    public IReadOnlyList<string> CountedRoutes()
    {
        var state = State;
        return
        [
            .. from traffic in state.Traffic
               where state.Find(traffic.Value.Release)?.Processes.Any(app => app.Name == traffic.Key) == true
               select RouteOf(traffic.Key),
        ];
    }

    /// <summary>Makes the router's routes what state and instances say. Null, or why one of them does not listen.</summary>
    /// <exception cref="RouterUnreachableException">The router is down.</exception>
    public Task<string?> ApplyRoutesAsync(CancellationToken cancel) => ApplyRoutesAsync(renew: false, cancel);

    private async Task<string?> ApplyRoutesAsync(bool renew, CancellationToken cancel)
    {
        await routing.WaitAsync(cancel);
        try
        {
            if (!routesKnown)
                await LearnRoutesAsync(cancel);
            var wanted = WantedRoutes();
            var unwanted = applied.Values.Where(route => wanted.All(want => want.Id != route.Id)).ToList();
            // An address goes from one app to another only when the first lets go of it.
            foreach (var route in unwanted.Where(route => wanted.Any(want => want.Listen == route.Listen)))
                await RemoveAsync(route, cancel);
            string? problem = null;
            foreach (var route in wanted.Where(route => (renew && route.Canary is not null) || !IsSame(route, applied.GetValueOrDefault(route.Id))))
            {
                parts.Options.Crossing("route.setting");
                // Called off before the answer came, nobody would know what the router made of it.
                applied[route.Id] = NotListening(route);
                var status = await parts.Router.SetAsync(route, cancel);
                parts.Options.Crossing("route.set");
                applied[route.Id] = status.Listening ? route : NotListening(route);
                problem ??= status.Listening ? null : status.Problem;
            }

            foreach (var route in unwanted.Where(route => applied.ContainsKey(route.Id)))
                await RemoveAsync(route, cancel);
            routesDirty = problem is not null;
            return problem;
        }
        catch
        {
            routesDirty = true;
            throw;
        }
        finally
        {
            routing.Release();
        }
    }

    /// <summary>Lets the canary get its share for a while from now on. Null, or why a route does not listen.</summary>
    /// <exception cref="RouterUnreachableException">The router is down.</exception>
    public Task<string?> LendAsync(TimeSpan lease, CancellationToken cancel)
    {
        (lent, this.lease) = (parts.Time.GetTimestamp(), lease);
        return ApplyRoutesAsync(renew: true, cancel);
    }

    /// <summary>
    /// Null once the router sends nothing to a release any more, or why it still does: with several apps, some routes may have
    /// moved, and not have moved back because the router could not write them down.
    /// </summary>
    /// <exception cref="RouterUnreachableException">The router is down, and its routes may be others than they should be.</exception>
    public async Task<string?> StillAskedAsync(string release, CancellationToken cancel)
    {
        if (await ApplyRoutesAsync(cancel) is not { } problem)
            return null;
        var routes = (await parts.Router.DescribeAsync(cancel)).Routes;
        return routes.Any(status => (status.Route.Release == release || status.Route.Canary?.Release == release)
            && status.Route.Id.StartsWith(RoutePrefix, StringComparison.Ordinal))
            ? problem
            : null;
    }

    /// <summary>
    /// Waits until a release that gets no new requests has none in flight, or the environment's drain timeout has passed.
    /// </summary>
    /// <param name="index">Only this instance of each app; null: all.</param>
    public async Task DrainAsync(HostedRelease release, CancellationToken cancel, int? index = null)
    {
        var limit = release.Plan.Definition.DrainTimeout;
        parts.Options.Crossing("drain.begun");
        await Task.WhenAll(release.Listen.Keys.Select(DrainAppAsync));
        parts.Options.Crossing("drain.ended");

        async Task DrainAppAsync(string app)
        {
            var destinations = InstancesOf(release.Release)
                .Where(instance => instance.Key.App == app && (index ?? instance.Key.Index) == instance.Key.Index)
                .Select(instance => instance.Key.ToString())
                .ToList();
            if (destinations.Count == 0)
                return;
            try
            {
                var reply = await parts.Router.DrainAsync(RouteOf(app), destinations, limit, cancel);
                if (!reply.Drained)
                {
                    Events.Note($"{release.Release}/{app} had {reply.InFlight} requests in flight "
                        + $"{InstanceHealth.Seconds(limit)} s after its traffic had moved");
                }
            }
            catch (Exception down) when (down is RouterUnreachableException or IOException)
            {
                // Without a router there is nothing in flight.
                Events.Note(down.Message);
            }
        }
    }

    /// <summary>What an earlier agent set, temporary routes of its checks included: what is not wanted of it is removed.</summary>
    private async Task LearnRoutesAsync(CancellationToken cancel)
    {
        var description = await parts.Router.DescribeAsync(cancel);
        foreach (var status in description.Routes.Where(status => status.Route.Id.StartsWith(RoutePrefix, StringComparison.Ordinal)))
            applied[status.Route.Id] = status.Listening ? status.Route : NotListening(status.Route);
        routesKnown = true;
    }

    /// <summary>Never equal to a wanted one: it is set again.</summary>
    private static Route NotListening(Route route) => new() { Id = route.Id, Listen = route.Listen, Release = "?" };

    private async Task RemoveAsync(Route route, CancellationToken cancel)
    {
        parts.Options.Crossing("route.removing");
        await parts.Router.RemoveAsync(route.Id, cancel);
        parts.Options.Crossing("route.removed");
        applied.Remove(route.Id);
    }

    /// <summary>The lease is no part of what a route is: only who lends it anew may say so.</summary>
    private static bool IsSame(Route wanted, Route? known)
    {
        if (wanted.Canary is null || known?.Canary is null)
            return wanted.Equals(known);
        var same = known.Clone();
        same.Canary.LeaseMs = wanted.Canary.LeaseMs;
        return wanted.Equals(same);
    }

    private List<Route> WantedRoutes()
    {
        var state = State;
        var routes = new List<Route>();
        foreach (var (app, traffic) in state.Traffic)
        {
            var route = new Route { Id = RouteOf(app), Listen = traffic.Listen, Release = traffic.Release ?? "" };
            var release = state.Find(traffic.Release);
            if (release?.Plan.Apps.FirstOrDefault(each => each.Name == app) is StaticApp site)
            {
                route.StaticRoot = FolderOf(release.Plan).Of(site);
            }
            else if (release is not null)
            {
                route.Destinations.AddRange(DestinationsOf(state, release.Release, app));
                route.Canary = CanaryOf(state, release.Release, app);
            }

            routes.Add(route);
        }

        return routes;
    }

    private IEnumerable<Destination> DestinationsOf(HostedState state, string release, string app) =>
        state.Rolling is { } rolling && rolling.From == release
            ? DestinationsOf(rolling.To, app).Concat(DestinationsOf(release, app)).Where(destination => IsAsked(rolling, destination))
            : DestinationsOf(release, app);

    private static bool IsAsked(Rolling rolling, Destination destination) =>
        InstanceKey.Parse(destination.Id) is var key && rolling.IsAsked(key.Release, key.Index);

    private IEnumerable<Destination> DestinationsOf(string release, string app) => InstancesOf(release)
        .Where(instance => instance.Key.App == app)
        .Where(instance => instance is { Standing: InstanceStanding.Healthy, Port: not null })
        .OrderBy(instance => instance.Key.Index)
        .Select(instance => new Destination { Id = instance.Key.ToString(), Address = $"http://127.0.0.1:{instance.Port}" });

    /// <summary>Null when the app has no share to give: it is new, or changes all at once.</summary>
    private Canary? CanaryOf(HostedState state, string live, string app)
    {
        if (state.Canary is not { } wanted || wanted.Release == live || state.Find(wanted.Release) is not { } release
            || !release.Listen.ContainsKey(app) || release.Processes.All(each => each.Name != app))
            return null;
        // An instance that comes or goes changes the route and must not lengthen the lease; one that is over lapses at once.
        var left = lease - parts.Time.GetElapsedTime(lent);
        var canary = new Canary
        {
            Release = wanted.Release,
            Share = (uint)wanted.Share,
            Sticky = wanted.Sticky,
            LeaseMs = (uint)Math.Max(1, left.TotalMilliseconds),
        };
        if (wanted.Testers is { } testers)
        {
            canary.Testers = new Testers { Value = testers.Value };
            if (testers.Mark == TesterMark.Header)
                canary.Testers.Header = testers.Name;
            else
                canary.Testers.Cookie = testers.Name;
        }

        canary.Destinations.AddRange(DestinationsOf(wanted.Release, app));
        return canary;
    }
}
