using System.Collections.Immutable;
using Towpath.Protocol.Router;
using Towpath.Router.Listening;
using Towpath.Router.Sites;

namespace Towpath.Router.Routes;

/// <summary>A route's identity: what stays while its models come and go. Written by one caller at a time, read by all requests.</summary>
internal sealed class RouteState(string id)
{
    private RouteModel _model = new(new Route { Id = id }, [], null);
    private ImmutableArray<DestinationState> _destinations = [];
    private uint _turn;

    public string Id { get; } = id;

    public RouteModel Model => Volatile.Read(ref _model);

    /// <summary>Null while the address could not be bound.</summary>
    public Listener? Listener { get; set; }

    /// <summary>For a route that was removed: ends with its last connection.</summary>
    public Task Gone { get; set; } = Task.CompletedTask;

    /// <summary>Why nothing is listened to, in one sentence; empty otherwise.</summary>
    public string Problem { get; set; } = "";

    /// <summary>From here on new requests follow the route given.</summary>
    public void Follow(Route route, Site? site)
    {
        // A destination that left the route is remembered until the next change at least: it may be draining.
        var known = _destinations.RemoveAll(d => !Model.Contains(d) && d.InFlight == 0);
        var destinations = new DestinationModel[route.Destinations.Count];
        for (var i = 0; i < destinations.Length; i++)
        {
            var wanted = route.Destinations[i];
            var state = known.FirstOrDefault(d => d.Id == wanted.Id);
            if (state is null)
            {
                state = new DestinationState(wanted.Id);
                known = known.Add(state);
            }

            destinations[i] = new DestinationModel(state, wanted.Address.TrimEnd('/'));
        }

        ImmutableInterlocked.InterlockedExchange(ref _destinations, known);
        Interlocked.Exchange(ref _model, new RouteModel(route, destinations, site));
    }

    /// <summary>
    /// The destination whose turn it is, counted as in flight: the caller leaves its state when the request ended. Null when
    /// there is none, or none but those already tried.
    /// </summary>
    public DestinationModel? EnterNext(DestinationModel? tried, DestinationModel? triedBefore)
    {
        while (true)
        {
            var model = Model;
            var destinations = model.Destinations;
            if (destinations.Length == 0)
                return null;

            // A second try is no turn: it would move the next request on to the destination that just failed, each time.
            var turn = tried is null ? Interlocked.Increment(ref _turn) : Volatile.Read(ref _turn);
            var chosen = destinations[turn % (uint)destinations.Length];
            for (var i = 1u; chosen == tried || chosen == triedBefore; i++)
            {
                if (i == destinations.Length)
                    return null;

                chosen = destinations[(turn + i) % (uint)destinations.Length];
            }

            chosen.State.Enter();

            // The route may have changed in between: a destination that left it must get nothing any more once it counts
            // as drained. Either this sees the new model, or whoever drains sees the count.
            var now = Model;
            if (ReferenceEquals(now, model) || now.Contains(chosen.State))
                return chosen;

            chosen.State.Leave();
        }
    }

    public DestinationState? Find(string destination)
    {
        var known = _destinations;
        return known.FirstOrDefault(d => d.Id == destination);
    }

    public RouteStatus Describe()
    {
        var model = Model;
        var known = _destinations;
        var status = new RouteStatus { Route = model.Route, Listening = Listener is not null, Problem = Problem };
        foreach (var destination in known)
        {
            if (destination.InFlight == 0 && !model.Contains(destination))
                continue;

            status.Destinations.Add(new DestinationStatus
            {
                Id = destination.Id,
                InFlight = destination.InFlight,
                Requests = destination.Requests,
                Failures = destination.Failures,
            });
        }

        return status;
    }
}
