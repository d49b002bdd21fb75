using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Towpath.Engine.Views;
using Towpath.Server.Access;
using Towpath.Server.Web.Design;

namespace Towpath.Server.Web.Overviews;

/// <summary>Badges, which the gate lets everybody ask for: whoever has no address with the right key finds nothing here, not even a project.</summary>
internal static class Badges
{
    private const int RunsLookedThrough = 25;

    public static void MapBadges(this IEndpointRouteBuilder pages)
    {
        pages.MapMethods(AccessGate.BadgePath + "/{project}.svg", Methods, (string project, HttpContext context, Inventory inventory, BadgeKeys keys, string key = "") =>
            Send(context, !keys.Fits(key, project) || inventory.Project(project) is null ? null
                : Badge.Of(project, inventory.Runs(project, RunsLookedThrough).FirstOrDefault(run => run.Deploys))));
        pages.MapMethods(
            AccessGate.BadgePath + "/{project}/{environment}.svg", Methods,
            (string project, string environment, HttpContext context, Inventory inventory, BadgeKeys keys, string key = "") =>
            Send(context, keys.Fits(key, project, environment) && inventory.Project(project) is { } known && inventory.Environment(known, environment) is { } state
                ? Badge.Of(EnvironmentCard.Of(state, inventory.Now)) : null));
    }

    private static string[] Methods { get; } = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>The badge's address below the server's own.</summary>
    /// <param name="environment">Null: the project's badge.</param>
    public static string Href(BadgeKeys keys, string project, string? environment) =>
        $"{AccessGate.BadgePath}/{Look.Part(project)}{(environment is null ? "" : "/" + Look.Part(environment))}.svg?key={keys.Of(project, environment)}";

    public static string Markdown(ServerIdentity identity, BadgeKeys keys, string project, string? environment)
    {
        var name = environment is null ? project : $"{environment} of {project}";
        var page = identity.Page(environment is null ? [Look.Part(project)] : [Look.Part(project), "environments", Look.Part(environment)]);
        return $"[![{name}]({identity.Page(Href(keys, project, environment)[1..])})]({page})";
    }

    private static IResult Send(HttpContext context, Badge? badge)
    {
        if (badge is null)
            return TypedResults.NotFound();
        var svg = Encoding.UTF8.GetBytes(badge.Svg());
        var mark = $"\"{Convert.ToHexStringLower(SHA256.HashData(svg))[..16]}\"";
        var headers = context.Response.Headers;
        // Kept nowhere without asking again: it is about now. And shown on other sites, which is what it is for.
        headers.CacheControl = "no-cache";
        headers.ETag = mark;
        headers["Cross-Origin-Resource-Policy"] = "cross-origin";
        return context.Request.Headers.IfNoneMatch.Contains(mark)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Bytes(svg, "image/svg+xml; charset=utf-8");
    }
}
