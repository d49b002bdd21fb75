using Towpath.Protocol.Router;
using Towpath.Router.Sites;
using Towpath.Router.Splitting;

namespace Towpath.Router.Routes;

/// <summary>Where a route's requests go: immutable, and replaced whole.</summary>
/// <param name="Route">As it was asked for. Never changed after it came in.</param>
/// <param name="Baseline">Without destinations with a site, and while the app has no instance.</param>
/// <param name="Canary">Null while there is one version only.</param>
internal sealed record RouteModel(Route Route, ArmModel Baseline, CanaryModel? Canary, Site? Site)
{
    public bool Contains(DestinationState state) => Baseline.Contains(state) || (Canary is { } canary && canary.Arm.Contains(state));
}

/// <summary>The destinations of one version.</summary>
internal sealed record ArmModel(ArmState State, DestinationModel[] Destinations)
{
    public bool Contains(DestinationState state)
    {
        foreach (var destination in Destinations)
        {
            if (ReferenceEquals(destination.State, state))
                return true;
        }

        return false;
    }

    /// <summary>The destination whose turn it is; null when there is none, or none but those already tried.</summary>
    public DestinationModel? Next(DestinationModel? tried, DestinationModel? triedBefore)
    {
        if (Destinations.Length == 0)
            return null;

        var count = (uint)Destinations.Length;
        var turn = State.Turn(first: tried is null);
        var chosen = Destinations[turn % count];
        for (var i = 1u; chosen == tried || chosen == triedBefore; i++)
        {
            if (i == count)
                return null;

            chosen = Destinations[(turn + i) % count];
        }

        return chosen;
    }
}

/// <param name="Address">Scheme, host and port, without a slash at the end.</param>
internal sealed record DestinationModel(DestinationState State, string Address);
