using System.Net;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace Towpath.Router.Forwarding;

/// <summary>
/// Tells the app who asked: X-Forwarded-For, -Proto and -Host; the Host header stays the client's. What the client itself
/// claims is dropped, unless it is on this machine: then it is taken for a proxy in front (one that ends TLS, say) whose
/// word on scheme and host stands, and to whose list of addresses its own is added.
/// </summary>
internal sealed class ForwardedHeaders : HttpTransformer
{
    private const string For = "X-Forwarded-For";
    private const string Proto = "X-Forwarded-Proto";
    private const string Host = "X-Forwarded-Host";

    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);

        var headers = proxyRequest.Headers;
        OwnCookies.Remove(headers);
        var client = ClientOf(httpContext);
        var request = httpContext.Request;
        var behindProxy = IsProxy(client);
        if (!behindProxy)
            headers.Remove(For);
        if (client is not null)
            headers.TryAddWithoutValidation(For, client.ToString());

        if (!behindProxy || !request.Headers.ContainsKey(Proto))
        {
            headers.Remove(Proto);
            headers.TryAddWithoutValidation(Proto, request.Scheme);
        }

        if (!behindProxy || !request.Headers.ContainsKey(Host))
        {
            headers.Remove(Host);
            if (request.Host.HasValue)
                headers.TryAddWithoutValidation(Host, request.Host.Value);
        }
    }
    /// <summary>True when the client spoke TLS, with a proxy on this machine, whose word is taken for it.</summary>
    public static bool CameByHttps(HttpContext context)
    {
        if (!IsProxy(ClientOf(context)))
            return context.Request.IsHttps;

        // A row of proxies each adds its own: the client's is the first.
        var said = context.Request.Headers[Proto].ToString().AsSpan();
        var end = said.IndexOf(',');
        return (end < 0 ? said : said[..end]).Trim().Equals(Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase);
    }

    private static IPAddress? ClientOf(HttpContext context) =>
        context.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : context.Connection.RemoteIpAddress;

    private static bool IsProxy(IPAddress? client) => client is not null && IPAddress.IsLoopback(client);
}
