using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Towpath.Agent.Jobs;
using Towpath.Core.Packages;
using Towpath.Protocol.Agent;

namespace Towpath.Agent.Link;

/// <summary>The server's store, reached over the link.</summary>
internal sealed class ServerArchives(GrpcChannel channel, LinkIdentity identity) : ArchiveStore
{
    private const int Part = 64 * 1024;
    private readonly AgentLink.AgentLinkClient client = new(channel);

    public override async Task StoreAsync(Digest digest, string file, CancellationToken cancel)
    {
        try
        {
            using var call = client.Upload(identity.Headers, cancellationToken: cancel);
            await using var stream = File.OpenRead(file);
            await call.RequestStream.WriteAsync(new UploadPart { Digest = digest.ToString() }, cancel);
            var buffer = new byte[Part];
            while (await stream.ReadAsync(buffer, cancel) is > 0 and var read)
                await call.RequestStream.WriteAsync(new UploadPart { Bytes = ByteString.CopyFrom(buffer, 0, read) }, cancel);
            await call.RequestStream.CompleteAsync();
            var reply = await call;
            if (reply.Digest != digest.ToString())
                throw new IOException($"the server stored {reply.Digest} and not {digest}");
        }
        catch (RpcException problem)
        {
            throw Explained(problem, "an output could not be stored on the server", cancel);
        }
    }

    public override async Task<Stream> OpenAsync(Digest digest, CancellationToken cancel)
    {
        var call = client.Download(new() { Digest = digest.ToString() }, identity.Headers, cancellationToken: cancel);
        try
        {
            // The first answer shows that there is something: an unknown digest fails here.
            var any = await call.ResponseStream.MoveNext(cancel);
            return new DownloadStream(call, any, cancel);
        }
        catch (RpcException problem)
        {
            call.Dispose();
            throw Explained(problem, $"{digest} could not be read from the server", cancel);
        }
    }

    /// <summary>Writes the bytes to a stream; whoever asks verifies them.</summary>
    /// <exception cref="IOException">They cannot be had now.</exception>
    public async Task CopyAsync(Digest digest, Stream to, CancellationToken cancel)
    {
        await using var from = await OpenAsync(digest, cancel);
        await from.CopyToAsync(to, cancel);
    }

    private static Exception Explained(RpcException problem, string what, CancellationToken cancel)
    {
        if (problem.StatusCode == StatusCode.Cancelled)
            return new OperationCanceledException(problem.Message, problem, cancel);
        var detail = problem.Status.Detail;
        return new IOException($"{what}: {(detail.Length > 0 ? detail : problem.StatusCode.ToString())}", problem);
    }

    private sealed class DownloadStream(AsyncServerStreamingCall<DownloadPart> call, bool any, CancellationToken cancel) : Stream
    {
        private ReadOnlyMemory<byte> rest = any ? call.ResponseStream.Current.Bytes.Memory : default;
        private bool ended = !any;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                while (rest.IsEmpty && !ended)
                {
                    ended = !await call.ResponseStream.MoveNext(cancellationToken.CanBeCanceled ? cancellationToken : cancel);
                    rest = ended ? default : call.ResponseStream.Current.Bytes.Memory;
                }
            }
            catch (RpcException problem)
            {
                throw Explained(problem, "reading from the server broke off", cancel);
            }
            var taken = Math.Min(buffer.Length, rest.Length);
            rest[..taken].CopyTo(buffer);
            rest = rest[taken..];
            return taken;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer, offset, count, cancel).GetAwaiter().GetResult();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                call.Dispose();
            base.Dispose(disposing);
        }
    }
}
