using Towpath.Protocol.Router;
using Towpath.Router.Sites;

namespace Towpath.Router.Routes;

/// <summary>Where a route's requests go: immutable, and replaced whole.</summary>
/// <param name="Route">As it was asked for. Never changed after it came in.</param>
/// <param name="Destinations">Empty with a site, and while the app has no instance.</param>
internal sealed record RouteModel(Route Route, DestinationModel[] Destinations, Site? Site)
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
}

/// <param name="Address">Scheme, host and port, without a slash at the end.</param>
internal sealed record DestinationModel(DestinationState State, string Address);
