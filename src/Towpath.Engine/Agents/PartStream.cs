using Grpc.Core;
using Towpath.Protocol.Agent;

namespace Towpath.Engine.Agents;

/// <summary>The parts of an upload, from the current one on, as one stream of bytes.</summary>
internal sealed class PartStream(IAsyncStreamReader<UploadPart> parts, CancellationToken cancel) : Stream
{
    private ReadOnlyMemory<byte> left = parts.Current.Bytes.Memory;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (left.IsEmpty)
        {
            if (!await parts.MoveNext(cancel))
                return 0;
            left = parts.Current.Bytes.Memory;
        }

        var count = Math.Min(buffer.Length, left.Length);
        left[..count].CopyTo(buffer);
        left = left[count..];
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read it asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
