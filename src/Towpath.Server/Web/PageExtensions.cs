using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Towpath.Server.Access;

namespace Towpath.Server.Web;

/// <summary>The pages for people.</summary>
public static class PageExtensions
{
    public static IServiceCollection AddTowpathPages(this IServiceCollection services) => services;

    public static IEndpointRouteBuilder MapPages(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/sign-in", SignIn).ExcludeFromDescription();
        return routes;
    }

    private static IResult SignIn(HttpContext context, SignInCodes codes, SessionCookie sessions, string code = "")
    {
        if (!codes.Use(code))
            return PageResults.Refused(StatusCodes.Status401Unauthorized, "This link was used before, or is older than ten minutes.");
        sessions.Give(context);
        return TypedResults.Text("signed in");
    }
}
