using System.Security.Cryptography;

namespace Towpath.Engine.Backups;

/// <summary>The first bytes of a stream, hashed while somebody reads them once, from the beginning to the end.</summary>
/// <param name="length">What is behind it, in a file that still grows, is left out.</param>
internal sealed class HashedContent(Stream source, long length) : Stream
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long position;

    public override bool CanRead => true;

    /// <summary>So that its length is asked for, which an archive writes before the content.</summary>
    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => position;
        set => throw new NotSupportedException();
    }

    /// <summary>Of all that was read.</summary>
    public string End() => Convert.ToHexStringLower(hash.GetHashAndReset());

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer) => Take(buffer, source.Read(buffer[..Wanted(buffer.Length)]));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await source.ReadAsync(buffer[..Wanted(buffer.Length)], cancellationToken);
        return Take(buffer.Span, read);
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
            hash.Dispose();
        base.Dispose(disposing);
    }

    private int Wanted(int room) => (int)Math.Min(room, length - position);

    private int Take(Span<byte> buffer, int read)
    {
        if (read == 0 && position < length && buffer.Length > 0)
            throw new EndOfStreamException($"A file became shorter while it was read: {length - position:N0} bytes are missing.");
        hash.AppendData(buffer[..read]);
        position += read;
        return read;
    }
}
