using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Towpath.Engine;
using Towpath.Engine.Git;
using Towpath.Server.Access;
using Towpath.Server.Web.Administration;
using Towpath.Server.Web.Logs;
using Towpath.Server.Web.Overviews;
using Towpath.Server.Web.Questions;
using Towpath.Server.Web.Runs;
using Towpath.Server.Web.Search;

namespace Towpath.Server.Web;

/// <summary>The pages for people: rendered here, readable without script, kept fresh with it.</summary>
public static class PageExtensions
{
    public static IServiceCollection AddTowpathPages(this IServiceCollection services)
    {
        services.AddRazorComponents();
        services.TryAddSingleton(provider => new CommitNotes(provider.GetRequiredService<Repositories>()));
        services.TryAddSingleton(provider => new Overview(
            provider.GetRequiredService<Inventory>(), provider.GetRequiredService<ControlPlane>().Changes, provider.GetRequiredService<CommitNotes>()));
        services.AddResponseCompression(compression =>
        {
            // Streams of events are not among them: a line that waits for the next ones would come late.
            compression.MimeTypes = ["text/html", "text/css", "text/javascript", "image/svg+xml"];
            compression.Providers.Add(new PageBrotli());
            compression.Providers.Add<GzipCompressionProvider>();
        });
        services.TryAddSingleton<BadgeKeys>();
        services.TryAddSingleton(provider => new Finder(
            provider.GetRequiredService<Inventory>(), provider.GetRequiredService<ControlPlane>().Changes));
        services.TryAddSingleton<PastTests>();
        services.TryAddSingleton<WaitingApprovals>();
        return services;
    }

    /// <summary>Call it before the endpoints run.</summary>
    public static IApplicationBuilder UseTowpathPages(this IApplicationBuilder app) => app.UseResponseCompression();

    /// <summary>Needs <see cref="AddTowpathPages"/>, the API's services and the gate's.</summary>
    public static IEndpointRouteBuilder MapPages(this IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("").ExcludeFromDescription();
        pages.MapAssets();
        pages.MapGet("/sign-in", SignIn);
        pages.MapPost("/-/sign-out", SignOut);
        pages.MapServer();
        pages.MapBadges();
        pages.MapReading();
        pages.MapQuestions();
        pages.MapQuestionsFromElsewhere();
        pages.MapDeeds();
        pages.MapAgentDeeds();
        pages.MapLiveLogs();
        pages.MapLivePages();
        // Only for reading: a fallback for every method would take requests from endpoints that want a body and got none.
        pages.MapMethods("{**path}", [HttpMethods.Get], NotHere).WithOrder(int.MaxValue);
        return routes;
    }

    private static IResult SignIn(SignInCodes codes, SessionCookie sessions, HttpContext context, string code = "")
    {
        if (!codes.Use(code))
            return PageResults.Refused(StatusCodes.Status401Unauthorized, "This link was used before, or is older than ten minutes.");
        sessions.Give(context);
        return PageResults.Signed();
    }

    private static IResult SignOut(SessionCookie sessions, HttpContext context)
    {
        sessions.Take(context);
        return PageResults.See("/");
    }

    private static IResult NotHere(HttpContext context) =>
        // The API says it in its own way, and a page is only for people who are signed in: some paths are open to everybody.
        context.Request.Path.StartsWithSegments("/api") || context.User.Identity?.IsAuthenticated != true
            ? TypedResults.NotFound()
            : PageResults.NotHere($"This server has no page {context.Request.Path}.");
}
