using Towpath.Protocol.Agent;

namespace Towpath.Agent.Apps;

/// <content>How the apps of this machine do, for people.</content>
public sealed partial class AppHost
{
    private HealthReadings? readings;

    /// <summary>
    /// What the router counted since this was last asked, by environment, without those that it counts nothing for; and all instances. Not
    /// to be asked twice at the same time.
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
        var report = readings.Next(read);
        report.Hosted.AddRange(environments.Values.Select(environment => environment.TellInstances()));
        return report;
    }
}
