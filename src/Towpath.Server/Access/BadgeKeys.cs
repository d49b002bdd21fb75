using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Towpath.Server.Access;

/// <summary>
/// Lets a badge be shown to people who are not signed in, and only where somebody put its address: that carries a seal of
/// the badge's name. The key comes from the server's token, so it outlives a restart, and a new token ends all badges.
/// </summary>
public sealed class BadgeKeys(ServerIdentity identity)
{
    /// <summary>Bytes of a seal: more would only make the address longer.</summary>
    private const int Length = 16;

    private readonly byte[] key = HKDF.DeriveKey(
        HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(identity.Token), 32, info: "towpath badge"u8.ToArray());

    /// <param name="environment">Null: the badge is the project's.</param>
    public string Of(string project, string? environment = null) =>
        // No name of a project has a slash, so no two badges share a text.
        Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{project}/{environment}")).AsSpan(0, Length));

    /// <summary>In a time that says nothing about the key.</summary>
    public bool Fits(string shown, string project, string? environment = null) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(shown), Encoding.UTF8.GetBytes(Of(project, environment)));
}
