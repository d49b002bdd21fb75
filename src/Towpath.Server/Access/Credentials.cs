using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Towpath.Server.Access;

/// <summary>What a request shows to prove that it may be answered.</summary>
public enum Credential
{
    /// <summary>Nothing was shown.</summary>
    None,

    /// <summary>The server's token, as a bearer or as the password that git sends.</summary>
    Token,

    /// <summary>The cookie of a browser that was signed in.</summary>
    Session,

    /// <summary>Something was shown that is not right.</summary>
    Wrong,
}

/// <summary>Reads and judges credentials, in a time that says nothing about the token.</summary>
public sealed class Credentials(ServerIdentity identity, SessionCookie sessions)
{
    private const int LongestHeader = 4096;

    private readonly byte[] token = SHA256.HashData(Encoding.UTF8.GetBytes(identity.Token));

    public Credential Of(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (header.Length > LongestHeader)
            return Credential.Wrong;
        if (header.Length > 0)
            return Shown(header) is { } shown && IsToken(shown) ? Credential.Token : Credential.Wrong;
        return sessions.IsValid(request) ? Credential.Session : Credential.None;
    }

    private bool IsToken(string shown) => CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(shown)), token);

    /// <summary>The bearer token, or the password of Basic authentication; git lets people choose any user name.</summary>
    private static string? Shown(string header)
    {
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            return header["Bearer ".Length..].Trim();
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            return null;
        var encoded = header["Basic ".Length..].Trim();
        var bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded, bytes, out var length))
            return null;
        var pair = Encoding.UTF8.GetString(bytes, 0, length);
        var colon = pair.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? null : pair[(colon + 1)..];
    }
}
