using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Towpath.Router.Splitting;

/// <summary>
/// By client: each has a number below <see cref="Split.Whole"/>, from its id and the candidate's release, and those below the
/// share are the candidate's. So a client stays where it is, those who are in stay in when the share grows, and the next
/// release is tried on others first.
/// </summary>
/// <param name="share">Of <see cref="Split.Whole"/>; 0 to that.</param>
internal sealed class ClientSplit(int share, string release) : Split
{
    private readonly byte[] _release = Encoding.UTF8.GetBytes(release);

    public override bool IsCandidates(HttpContext context)
    {
        if (ClientCookie.TryRead(context.Request, out var client))
            return IsCandidates(client);

        // Decided by the id that it only gets now: its next request will go the same way.
        client = ClientCookie.Give(context);
        return IsCandidates(client);
    }

    public bool IsCandidates(UInt128 client)
    {
        const int IdLength = 16;
        Span<byte> text = stackalloc byte[IdLength + _release.Length];
        BinaryPrimitives.WriteUInt128BigEndian(text, client);
        _release.CopyTo(text[IdLength..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text, hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash) % Whole < (ulong)share;
    }
}
