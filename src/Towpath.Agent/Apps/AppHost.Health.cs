using Towpath.Protocol.Agent;

namespace Towpath.Agent.Apps;

/// <content>How the apps of this machine answer, for people.</content>
public sealed partial class AppHost
{
    private HealthReadings? readings;

    /// <summary>
    /// What the router counted since this was last asked, by environment; those that it counts nothing for are left out. Not to be asked
    /// twice at the same time.
    /// </summary>
    public async Task<HealthReport> ReadHealthAsync(CancellationToken cancel)
    {
        var read = new List<CountedRoute>();
        foreach (var environment in environments.Values)
        {
            foreach (var route in environment.CountedRoutes())
            {
                if (await parts.Router.GlanceAsync(route, cancel) is { } measured)
                    read.Add(new CountedRoute(environment.State.Project, environment.State.Environment, measured));
            }
        }

        readings ??= new HealthReadings(options.Time);
        return readings.Next(read);
    }
}
