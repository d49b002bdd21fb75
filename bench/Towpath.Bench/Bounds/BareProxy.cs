using System.CommandLine;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Towpath.Bench.Machine;
using Yarp.ReverseProxy.Configuration;

namespace Towpath.Bench.Bounds;

/// <summary>YARP as its documentation sets it up, with one route and one destination, and without a line of log a request.</summary>
internal static class BareProxy
{
    public const string Verb = "bare-yarp";

    public static Command CreateVerb()
    {
        var to = new Option<string>("--to") { Required = true };
        var verb = new Command(Verb, "A bound of 'router': serves until its standard input ends") { to };
        verb.Hidden = true;
        verb.SetAction(typed => RunAsync(typed.GetRequiredValue(to)));
        return verb;
    }

    /// <summary>Everything to one address.</summary>
    public static (RouteConfig[] Routes, ClusterConfig[] Clusters) Configuration(string address) =>
    (
        [new RouteConfig { RouteId = "all", ClusterId = "one", Match = new RouteMatch { Path = "{**rest}" } }],
        [
            new ClusterConfig
            {
                ClusterId = "one",
                Destinations = new Dictionary<string, DestinationConfig> { ["only"] = new() { Address = address } },
            },
        ]
    );

    private static async Task RunAsync(string to)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var (routes, clusters) = Configuration(to);
        builder.Services.AddReverseProxy().LoadFromMemory(routes, clusters);
        await using var app = builder.Build();
        app.MapReverseProxy();
        await app.StartAsync();
        OwnVerb.Ready(app.Urls.First());
        await OwnVerb.StarterIsGoneAsync();
        await app.StopAsync();
    }
}
