using System.Security.Cryptography;
using Towpath.Core.Packages;

namespace Towpath.Engine.Packages;

/// <summary>
/// Hands out a file's bytes and hashes them on the way. The last of them come only when the whole is what its digest
/// says, so that nobody ever has all of a wrong content.
/// </summary>
internal sealed class VerifyingStream(FileStream file, Digest digest) : Stream
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly long length = file.Length;
    private long position;
    private bool ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer) => buffer.IsEmpty ? 0 : Take(buffer[..file.Read(buffer)]);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        var read = await file.ReadAsync(buffer, cancellationToken);
        return Take(buffer.Span[..read]);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            hash.Dispose();
            file.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Take(Span<byte> read)
    {
        if (ended)
            return 0;
        hash.AppendData(read);
        position += read.Length;
        if (position < length && !read.IsEmpty)
            return read.Length;
        ended = true;
        if (position == length && Digest.Of(hash.GetHashAndReset()) == digest)
            return read.Length;
        read.Clear();
        throw new DamagedPackageException(digest);
    }
}
