using System.Net.Http.Headers;
using Towpath.Router.Splitting;

namespace Towpath.Router.Forwarding;

/// <summary>
/// Keeps Towpath's own cookies from the apps. Browsers send a host's cookies to all of its ports, so whoever is signed in
/// on Towpath's pages and opens an app on the same host would hand the app his session. The number by which the router knows
/// a client again is nothing for an app to build on: it comes and goes with candidates.
/// </summary>
internal static class OwnCookies
{
    private const string Header = "Cookie";

    /// <summary>The session cookie of the server on a port is called <c>towpath-PORT</c>.</summary>
    private const string Prefix = "towpath-";

    public static void Remove(HttpRequestHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues(Header, out var values) || !values.Any(value => value.Contains(Prefix, StringComparison.Ordinal)))
            return;
        var kept = values.SelectMany(value => value.Split(';', StringSplitOptions.TrimEntries)).Where(cookie => !IsOwn(cookie)).ToList();
        headers.Remove(Header);
        if (kept.Count > 0)
            headers.TryAddWithoutValidation(Header, string.Join("; ", kept));
    }

    private static bool IsOwn(string cookie)
    {
        var name = cookie.AsSpan(0, Math.Max(0, cookie.IndexOf('=', StringComparison.Ordinal))).Trim();
        return name.StartsWith(Prefix, StringComparison.Ordinal) && name.Length > Prefix.Length
            && (name is ClientCookie.Name || !name[Prefix.Length..].ContainsAnyExceptInRange('0', '9'));
    }
}
