using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Towpath.Agent.Jobs;
using Towpath.Core.Packages;
using Towpath.Protocol.Agent;

namespace Towpath.Agent.Link;

/// <summary>The server's store, reached over the link.</summary>
internal sealed class ServerArchives(GrpcChannel channel, LinkIdentity identity, TimeProvider? time = null) : ArchiveStore
{
    private const int Part = 64 * 1024;
    private static readonly TimeSpan AwayAtMost = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private readonly TimeProvider clock = time ?? TimeProvider.System;
    private readonly AgentLink.AgentLinkClient client = new(channel);

    public override Task StoreAsync(Digest digest, string file, CancellationToken cancel) =>
        WithServerAsync("an output could not be stored on the server", () => UploadAsync(digest, file, cancel), cancel);

    /// <summary>The bytes, all of them: they wait in a file without a name, so that a server that restarts can be asked again.</summary>
    public override async Task<Stream> OpenAsync(Digest digest, CancellationToken cancel)
    {
        var path = Path.Combine(Path.GetTempPath(), $"towpath-{Guid.NewGuid():n}");
        var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.Asynchronous,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        File.Delete(path);
        try
        {
            await WithServerAsync($"{digest} could not be read from the server", () => DownloadAsync(digest, file, cancel), cancel);
            file.Position = 0;
            return file;
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes the bytes to a stream; whoever asks verifies them.</summary>
    /// <exception cref="IOException">They cannot be had now.</exception>
    public async Task CopyAsync(Digest digest, Stream to, CancellationToken cancel)
    {
        await using var from = await OpenAsync(digest, cancel);
        await from.CopyToAsync(to, cancel);
    }

    private async Task UploadAsync(Digest digest, string file, CancellationToken cancel)
    {
        using var call = client.Upload(identity.Headers, cancellationToken: cancel);
        await using var stream = File.OpenRead(file);
        var buffer = new byte[Part];
        try
        {
            await call.RequestStream.WriteAsync(new UploadPart { Digest = digest.ToString() }, cancel);
            while (await stream.ReadAsync(buffer, cancel) is > 0 and var read)
                await call.RequestStream.WriteAsync(new UploadPart { Bytes = ByteString.CopyFrom(buffer, 0, read) }, cancel);
            await call.RequestStream.CompleteAsync();
        }
        catch (InvalidOperationException)
        {
            // The call ended before everything was sent; its status says why.
        }

        var reply = await call;
        if (reply.Digest != digest.ToString())
            throw new IOException($"the server stored {reply.Digest} and not {digest}");
    }

    private async Task DownloadAsync(Digest digest, FileStream file, CancellationToken cancel)
    {
        file.SetLength(0);
        using var call = client.Download(new() { Digest = digest.ToString() }, identity.Headers, cancellationToken: cancel);
        while (await call.ResponseStream.MoveNext(cancel))
            await file.WriteAsync(call.ResponseStream.Current.Bytes.Memory, cancel);
    }

    /// <summary>A server that is away for a moment is waited for: the work of a whole job would be lost with its output.</summary>
    private async Task WithServerAsync(string what, Func<Task> attempt, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            try
            {
                await attempt();
                return;
            }
            catch (RpcException away) when (IsAway(away, cancel) && clock.GetElapsedTime(began) < AwayAtMost)
            {
                await Task.Delay(Pause, clock, cancel);
            }
            catch (RpcException problem)
            {
                throw Explained(problem, what, cancel);
            }
        }
    }

    private static bool IsAway(RpcException problem, CancellationToken cancel) =>
        !cancel.IsCancellationRequested
        && problem.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Unknown or StatusCode.Cancelled;

    private static Exception Explained(RpcException problem, string what, CancellationToken cancel)
    {
        if (cancel.IsCancellationRequested)
            return new OperationCanceledException(problem.Message, problem, cancel);
        var detail = problem.Status.Detail;
        return new IOException($"{what}: {(detail.Length > 0 ? detail : problem.StatusCode.ToString())}", problem);
    }
}
