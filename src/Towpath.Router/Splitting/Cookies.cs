using Microsoft.Extensions.Primitives;

namespace Towpath.Router.Splitting;

/// <summary>Reads one cookie of a request without making anything of the others: this is done for every request.</summary>
internal static class Cookies
{
    /// <param name="headers">The request's Cookie header, in as many lines as it came.</param>
    /// <param name="value">Of the first cookie of that name, without space around it.</param>
    public static bool TryFind(StringValues headers, ReadOnlySpan<char> name, out ReadOnlySpan<char> value)
    {
        foreach (var header in headers)
        {
            var text = header.AsSpan();
            foreach (var range in text.Split(';'))
            {
                var cookie = text[range].Trim();
                if (cookie.Length > name.Length && cookie[name.Length] == '=' && cookie.StartsWith(name, StringComparison.Ordinal))
                {
                    value = cookie[(name.Length + 1)..];
                    return true;
                }
            }
        }

        value = default;
        return false;
    }
}
