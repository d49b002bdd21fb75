using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Towpath.Server.Access;

/// <summary>
/// Keeps a browser signed in: a moment of expiry, sealed with a key that comes from the server's token. So it outlives a
/// restart without being stored anywhere, and a new token ends all sessions.
/// </summary>
public sealed class SessionCookie(ServerIdentity identity, TimeProvider time)
{
    // Browsers share cookies between the ports of a host: with the port in the name, two servers do not sign each other out.
    private string Name => $"towpath-{new Uri(identity.Url).Port}";

    private readonly byte[] key = HKDF.DeriveKey(
        HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(identity.Token), 32, info: "towpath session"u8.ToArray());

    /// <summary>How long a browser stays signed in.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    public void Give(HttpContext context)
    {
        var expires = time.GetUtcNow() + Lifetime;
        var until = expires.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        context.Response.Cookies.Append(Name, $"{until}.{Seal(until)}", Options(context, expires));
    }

    public void Take(HttpContext context) => context.Response.Cookies.Delete(Name, Options(context, null));

    public bool IsValid(HttpRequest request)
    {
        if (request.Cookies[Name]?.Split('.', 3) is not [var until, var seal])
            return false;
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(seal), Encoding.UTF8.GetBytes(Seal(until)))
            && long.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds > time.GetUtcNow().ToUnixTimeSeconds();
    }

    private string Seal(string until) => Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(until)));

    private static CookieOptions Options(HttpContext context, DateTimeOffset? expires) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = context.Request.IsHttps,
        Path = "/",
        Expires = expires,
        IsEssential = true,
    };
}
