using System.Security.Cryptography;
using Towpath.Core.Packages;

namespace Towpath.Agent.Jobs;

/// <summary>Where jobs leave their outputs for others: the server's store, or a folder when there is no server.</summary>
public abstract class ArchiveStore
{
    /// <summary>Returns when the bytes are kept.</summary>
    /// <exception cref="IOException">They could not be.</exception>
    public abstract Task StoreAsync(Digest digest, string file, CancellationToken cancel);

    /// <exception cref="IOException">There is nothing with this digest, or it cannot be reached.</exception>
    public abstract Task<Stream> OpenAsync(Digest digest, CancellationToken cancel);
}

/// <summary>Keeps archives in a folder, named by their digests.</summary>
public sealed class FolderArchiveStore(string folder) : ArchiveStore
{
    public override Task StoreAsync(Digest digest, string file, CancellationToken cancel)
    {
        OwnerOnly.CreateFolder(folder);
        File.Copy(file, Path.Combine(folder, digest.Hex), overwrite: true);
        return Task.CompletedTask;
    }

    public override Task<Stream> OpenAsync(Digest digest, CancellationToken cancel) =>
        Task.FromResult<Stream>(File.OpenRead(Path.Combine(folder, digest.Hex)));
}

/// <summary>Passes a stream on and takes the SHA-256 of what went through.</summary>
internal sealed class HashingStream(Stream inner) : Stream
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public Digest Digest => Digest.Of(hash.GetCurrentHash());

    public override bool CanRead => inner.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => inner.CanWrite;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer);
        hash.AppendData(buffer[..read]);
        return read;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        hash.AppendData(buffer.Span[..read]);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        inner.Write(buffer);
        hash.AppendData(buffer);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await inner.WriteAsync(buffer, cancellationToken);
        hash.AppendData(buffer.Span);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() => inner.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            hash.Dispose();
            inner.Dispose();
        }
        base.Dispose(disposing);
    }
}
