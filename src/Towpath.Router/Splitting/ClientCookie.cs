using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Towpath.Router.Forwarding;

namespace Towpath.Router.Splitting;

/// <summary>
/// The router's own cookie: a random number by which it knows a client again, and nothing else. It ends with the browser's
/// session, no script can read it, and apps never see it. Set only while a candidate gets a share by client.
/// </summary>
internal static class ClientCookie
{
    public const string Name = "towpath-client";

    private const int Digits = 32;

    /// <summary>False without the cookie, and when its value was not made here.</summary>
    public static bool TryRead(HttpRequest request, out UInt128 client)
    {
        client = default;
        return Cookies.TryFind(request.Headers.Cookie, Name, out var value)
            && value.Length == Digits
            && UInt128.TryParse(value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out client);
    }

    public static UInt128 Give(HttpContext context)
    {
        Span<byte> random = stackalloc byte[Digits / 2];
        RandomNumberGenerator.Fill(random);
        var secure = ForwardedHeaders.CameByHttps(context) ? "; Secure" : "";
        // Not added to: the response is new, and a request that has to be given to a version once more gets one id.
        context.Response.Headers.SetCookie = $"{Name}={Convert.ToHexStringLower(random)}; Path=/; HttpOnly; SameSite=Lax{secure}";
        return BinaryPrimitives.ReadUInt128BigEndian(random);
    }
}
