using System.Net;
using System.Net.Sockets;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Towpath.Server.Access;

/// <summary>
/// Stands before everything that is reached over TCP: own host, own site, right credentials, bounded body; then the
/// headers that keep browsers strict. Only <c>/healthz</c>, the sign-in link, the pages' assets and badges, which want a key of their own,
/// are open.
/// </summary>
public sealed class AccessGate(RequestDelegate next, OwnAddresses own, Credentials credentials, FailedAttempts failures)
{
    /// <summary>The largest body, in bytes, of a request whose endpoint does not say otherwise.</summary>
    public const long BodyLimit = 1024 * 1024;

    /// <summary>Below it everything is open, and shows nothing without the key that <see cref="BadgeKeys"/> asks for.</summary>
    public const string BadgePath = "/-/badge";

    private const string ContentSecurity =
        "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'; img-src 'self' data:";

    public async Task InvokeAsync(HttpContext context)
    {
        // Agents come over a Unix socket in a folder that only the owner can enter: that is their credential.
        if (context.Features.Get<IConnectionEndPointFeature>()?.LocalEndPoint is UnixDomainSocketEndPoint)
        {
            await next(context);
            return;
        }

        SetHeaders(context);
        if (Refusal(context) is { } refusal)
            await refusal.WriteAsync(context);
        else
            await next(context);
    }

    private Refusal? Refusal(HttpContext context)
    {
        var request = context.Request;
        if (!own.IsOwnHost(context))
            return new(StatusCodes.Status421MisdirectedRequest,
                $"This server does not answer to the host '{request.Host.Host}': use the address that 'towpath up' printed.");
        if (!OwnAddresses.IsOwnSite(request))
            return new(StatusCodes.Status403Forbidden, "This request came from another site's page and was refused.");
        LimitBody(context);
        return IsOpen(request.Path) ? null : Judge(context);
    }

    private Refusal? Judge(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        var wait = failures.Wait(address);
        if (wait is not null && !IPAddress.IsLoopback(address))
            return TooMany(context, wait.Value);
        var shown = credentials.Of(context.Request);
        switch (shown)
        {
            case Credential.Token or Credential.Session:
                context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "owner")], shown.ToString()));
                return null;
            case Credential.Wrong when wait is not null:
                return TooMany(context, wait.Value);
            case Credential.Wrong:
                failures.Add(address);
                return new(StatusCodes.Status401Unauthorized,
                    "The token is wrong: it stands in endpoint.json in the server's data folder.");
            default:
                return new(StatusCodes.Status401Unauthorized, Access.Refusal.IsForPeople(context.Request)
                    ? "This browser is not signed in."
                    : "This needs the server's token: send it as 'Authorization: Bearer TOKEN', or as the password.");
        }
    }

    private static Refusal TooMany(HttpContext context, TimeSpan wait)
    {
        var seconds = Math.Ceiling(wait.TotalSeconds);
        context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return new(StatusCodes.Status429TooManyRequests, $"Too many wrong tokens came from this address: try again in {seconds} seconds.");
    }

    private static bool IsOpen(PathString path) => path == "/healthz" || path == "/sign-in" || path.StartsWithSegments("/-/assets")
        || path.StartsWithSegments(BadgePath);

    /// <summary>Git's endpoints mind their own bodies, and so does every endpoint with a limit of its own.</summary>
    private static void LimitBody(HttpContext context)
    {
        if (context.Request.Path.StartsWithSegments("/git")
            || context.GetEndpoint()?.Metadata.GetMetadata<IRequestSizeLimitMetadata>() is not null)
            return;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = BodyLimit;
    }

    private static void SetHeaders(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = ContentSecurity;
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
    }
}

/// <summary>Puts the gate before everything else.</summary>
public static class AccessExtensions
{
    public static IServiceCollection AddTowpathSecurity(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<OwnAddresses>();
        services.AddSingleton<SessionCookie>();
        services.AddSingleton<SignInCodes>();
        services.AddSingleton<FailedAttempts>();
        services.AddSingleton<Credentials>();
        return services;
    }

    /// <summary>Call it first. Needs <see cref="ServerIdentity"/> and <see cref="AddTowpathSecurity"/>.</summary>
    public static IApplicationBuilder UseTowpathSecurity(this IApplicationBuilder app) => app.UseMiddleware<AccessGate>();
}
