using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Towpath.Server.Access;

/// <summary>One-time codes that sign a browser in, so that the token itself never stands in an address.</summary>
public sealed class SignInCodes(TimeProvider time)
{
    /// <summary>How long a code may wait for its use.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>Codes that wait; the oldest gives way.</summary>
    private const int Most = 100;

    private readonly Lock gate = new();

    /// <summary>Oldest first; only hashes are kept.</summary>
    private readonly List<(byte[] Hash, DateTimeOffset Expires)> codes = [];

    public (string Code, DateTimeOffset Expires) Make()
    {
        var code = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var expires = time.GetUtcNow() + Lifetime;
        lock (gate)
        {
            Forget();
            if (codes.Count == Most)
                codes.RemoveAt(0);
            codes.Add((Hash(code), expires));
        }

        return (code, expires);
    }

    /// <summary>True once for each code that was made and has not expired.</summary>
    public bool Use(string code)
    {
        var hash = Hash(code);
        lock (gate)
        {
            Forget();
            return codes.RemoveAll(known => CryptographicOperations.FixedTimeEquals(known.Hash, hash)) > 0;
        }
    }

    private void Forget()
    {
        var now = time.GetUtcNow();
        codes.RemoveAll(known => known.Expires <= now);
    }

    private static byte[] Hash(string code) => SHA256.HashData(Encoding.UTF8.GetBytes(code));
}
