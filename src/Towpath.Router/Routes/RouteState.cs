using System.Collections.Immutable;
using Google.Protobuf.Collections;
using Microsoft.AspNetCore.Http;
using Towpath.Protocol.Router;
using Towpath.Router.Listening;
using Towpath.Router.Sites;
using Towpath.Router.Splitting;

namespace Towpath.Router.Routes;

/// <summary>A route's identity: what stays while its models come and go. Written by one caller at a time, read by all requests.</summary>
internal sealed class RouteState(string id, TimeProvider time)
{
    private readonly Lease _lease = new(time);
    private RouteModel _model = new(new Route { Id = id }, new ArmModel(new ArmState(""), []), Canary: null, Site: null);
    private ImmutableArray<DestinationState> _destinations = [];
    private long _shifts;

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
        var model = Model;
        // A destination that left the route is remembered until the next change at least: it may be draining.
        var known = _destinations.RemoveAll(d => !model.Contains(d) && d.InFlight == 0);
        var baseline = Enter(route.Release, route.Destinations, model.Baseline.State, ref known);
        var canary = route.Canary is { } asked
            ? CanaryModel.Of(asked, Enter(asked.Release, asked.Destinations, model.Canary?.Arm.State, ref known), model.Canary)
            : null;

        // By two, so that the number of a lapse, which is one more than the last, does not come again.
        if (canary?.Arm.State != model.Canary?.Arm.State || canary?.Share != model.Canary?.Share)
            _shifts += 2;
        ImmutableInterlocked.InterlockedExchange(ref _destinations, known);
        Interlocked.Exchange(ref _model, new RouteModel(route, baseline, canary, site));
    }

    /// <summary>The candidate, if there is one, may get requests for the length of its lease from now on.</summary>
    public void RenewLease()
    {
        if (Model is not { Canary: not null } model)
            return;

        // The share went to 0 when it lapsed, and comes back now.
        if (IsLapsed(model, time.GetTimestamp()))
            _shifts += 2;
        _lease.Renew(TimeSpan.FromMilliseconds(model.Route.Canary.LeaseMs));
    }

    /// <summary>
    /// Gives a request that begins to a version and to the destination there whose turn it is, counted as in flight: the
    /// caller leaves its state when the request ended. Null when that version has no destination.
    /// </summary>
    /// <param name="begun">When the request came, as a timestamp of the time provider.</param>
    public DestinationModel? EnterFirst(HttpContext context, long begun, out Assignment assigned)
    {
        while (true)
        {
            var model = Model;
            assigned = model.Canary is { } canary && _lease.LivesAt(begun)
                ? canary.Assign(context, model.Baseline)
                : new Assignment(model.Baseline);
            if (TryEnter(model, assigned.Arm.Next(null, null)) is (true, var chosen))
                return chosen;
        }
    }

    /// <summary>
    /// Likewise for a request that was tried in vain. Null also when the candidate is no longer that; the baseline is
    /// whatever it is by now.
    /// </summary>
    public DestinationModel? EnterNext(ArmState? candidate, DestinationModel? tried, DestinationModel? triedBefore)
    {
        while (true)
        {
            var model = Model;
            var arm = candidate is null ? model.Baseline : model.Canary?.Arm;
            if (arm is null || (candidate is not null && arm.State != candidate))
                return null;
            if (TryEnter(model, arm.Next(tried, triedBefore)) is (true, var chosen))
                return chosen;
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
        var now = time.GetTimestamp();
        var status = new RouteStatus
        {
            Route = model.Route,
            Listening = Listener is not null,
            Problem = Problem,
            LeaseLapsed = IsLapsed(model, now),
            LeaseLeftMs = LeaseLeft(model, now),
        };
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

    /// <summary>Only while the route does not change: nothing else keeps share, lease and counters together.</summary>
    public Measurement Measure()
    {
        var model = Model;
        var now = time.GetTimestamp();
        var lapsed = IsLapsed(model, now);
        var share = (uint)(model.Canary?.Share ?? 0);
        return new Measurement
        {
            Route = Id,
            AtMs = (long)time.GetElapsedTime(0, now).TotalMilliseconds,
            Share = share,
            FollowedShare = lapsed ? 0 : share,
            LeaseLapsed = lapsed,
            LeaseLeftMs = LeaseLeft(model, now),
            Shifts = _shifts + (lapsed ? 1 : 0),
            Baseline = Measure(model.Baseline),
            Canary = model.Canary is { } canary ? Measure(canary.Arm) : null,
        };
    }

    private static VersionMeasures Measure(ArmModel arm)
    {
        var measures = arm.State.Measures.Read();
        measures.Release = arm.State.Release;
        measures.Epoch = arm.State.Epoch;
        measures.InFlight = arm.Destinations.Sum(d => d.State.InFlight);
        return measures;
    }

    /// <summary>A version that stays keeps its turn and its counters, a destination that stays keeps its own.</summary>
    private static ArmModel Enter(
        string release, RepeatedField<Destination> wanted, ArmState? before, ref ImmutableArray<DestinationState> known)
    {
        var destinations = new DestinationModel[wanted.Count];
        for (var i = 0; i < destinations.Length; i++)
        {
            var (id, address) = (wanted[i].Id, wanted[i].Address);
            var state = known.FirstOrDefault(d => d.Id == id);
            if (state is null)
            {
                state = new DestinationState(id);
                known = known.Add(state);
            }

            destinations[i] = new DestinationModel(state, address.TrimEnd('/'));
        }

        return new ArmModel(before is not null && before.Release == release ? before : new ArmState(release), destinations);
    }

    private (bool Stays, DestinationModel? Chosen) TryEnter(RouteModel model, DestinationModel? chosen)
    {
        if (chosen is null)
            return (true, null);

        chosen.State.Enter();

        // The route may have changed in between: a destination that left it must get nothing any more once it counts
        // as drained. Either this sees the new model, or whoever drains sees the count.
        var now = Model;
        if (ReferenceEquals(now, model) || now.Contains(chosen.State))
            return (true, chosen);

        chosen.State.Leave();
        return (false, null);
    }

    private bool IsLapsed(RouteModel model, long now) => model.Canary is not null && !_lease.LivesAt(now);

    /// <summary>Rounded up: a lease that lives never says 0.</summary>
    private long LeaseLeft(RouteModel model, long now) =>
        model.Canary is null ? 0 : (long)Math.Ceiling(_lease.LeftAt(now).TotalMilliseconds);
}
