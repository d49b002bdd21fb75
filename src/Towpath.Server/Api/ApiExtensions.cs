using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Towpath.Core;
using Towpath.Server.Access;
using Towpath.Server.Web;

namespace Towpath.Server.Api;

/// <summary>The REST API under /api/v1.</summary>
public static class ApiExtensions
{
    /// <summary>Where the API's description is.</summary>
    public const string Description = "/api/v1/openapi.json";

    public static IServiceCollection AddTowpathApi(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.DefaultIgnoreCondition = CoreJson.Options.DefaultIgnoreCondition;
            foreach (var converter in CoreJson.Options.Converters)
                json.SerializerOptions.Converters.Add(converter);
        });
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.AddProblemDetails();
        services.AddOpenApi("v1", ApiDescription.Configure);
        services.TryAddSingleton(
            provider => new Inventory(provider.GetRequiredService<Engine.ControlPlane>(), provider.GetService<StepsUnderWay>(),
            provider.GetService<Engine.Agents.LiveHealth>(), provider.GetService<Engine.Agents.LiveInstances>()));
        services.TryAddSingleton<Engine.Retention.RunsInUse>();
        services.TryAddSingleton<Steering>();
        services.TryAddSingleton<SettingsDesk>();
        services.TryAddSingleton<EventStreams>();
        services.TryAddSingleton<Logs.LogAccess>();
        services.TryAddSingleton<Logs.LogEnds>();
        services.TryAddSingleton<Logs.LogSearch>();
        return services;
    }

    /// <summary>
    /// Needs <see cref="AddTowpathApi"/>, and of the services <see cref="Engine.ControlPlane"/>, <see cref="ServerIdentity"/>,
    /// the stores of logs, secrets and packages, the package builder and the repositories; <see cref="StepsUnderWay"/> when agents tell of steps.
    /// </summary>
    public static IEndpointRouteBuilder MapApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1");
        api.MapProjects();
        api.MapRuns();
        api.MapEnvironments();
        api.MapSettings();
        api.MapPackages();
        api.MapLogs();
        api.MapEvents();
        api.MapSignIn();
        api.MapBackups();
        api.MapCollection();
        api.MapStatus();
        api.MapAgents();
        routes.MapOpenApi(Description);
        // Monitors ask with either.
        routes.MapMethods("/healthz", ["GET", "HEAD"], () => TypedResults.Text("ok\n")).ExcludeFromDescription();
        return routes;
    }

    /// <summary>Call it after the access gate and before the endpoints run.</summary>
    public static IApplicationBuilder UseApiProblems(this IApplicationBuilder app) => app
        .UseWhen(context => context.Request.Path.StartsWithSegments("/api"), branch => branch.UseMiddleware<ApiProblems>())
        .UseWhen(context => Refusal.IsForPeople(context.Request), branch => branch.UseMiddleware<PageProblems>());
}
