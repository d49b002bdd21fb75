using System.Net;
using Microsoft.AspNetCore.Http;

namespace Towpath.Server.Access;

/// <summary>
/// Which Host and Origin are this server's own. A page elsewhere that points its own name at this machine (DNS
/// rebinding) still sends that name as the host, and is not answered.
/// </summary>
public sealed class OwnAddresses(ServerIdentity identity)
{
    /// <summary>The loopback names, the configured host, and the very address that was reached: rebinding takes a name.</summary>
    public bool IsOwnHost(HttpContext context)
    {
        var name = context.Request.Host.Host;
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || name is "127.0.0.1" or "[::1]"
            || name.Equals(new Uri(identity.Url).Host, StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(name, out var address) && address.Equals(context.Connection.LocalIpAddress));
    }

    /// <summary>The request comes from one of the server's own pages, from no page at all, or only reads.</summary>
    public static bool IsOwnSite(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method))
            return true;
        // "same-site" is another port of this host: an app that was deployed here, and not to be trusted.
        if (request.Headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site && site is not ("same-origin" or "none"))
            return false;
        return request.Headers.Origin.ToString() is not { Length: > 0 } origin
            || origin.Equals($"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase);
    }
}
