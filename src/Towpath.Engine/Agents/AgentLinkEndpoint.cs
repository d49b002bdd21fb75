using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Packages;
using Towpath.Core.Runs;
using Towpath.Engine.Logs;
using Towpath.Engine.Packages;
using Towpath.Protocol.Agent;
using Towpath.Protocol.Failpoints;

namespace Towpath.Engine.Agents;

/// <summary>The server's end of the agents' connections.</summary>
public sealed class AgentLinkEndpoint(
    AgentHub hub,
    AgentSupplies supplies,
    LogStore logs,
    PackageStore packages,
    LiveProgress progress,
    LiveHealth health,
    LiveInstances instances,
    LoopRunner loop,
    IHostApplicationLifetime lifetime,
    ILogger<AgentLinkEndpoint> log)
    : AgentLink.AgentLinkBase
{
    private const int PartSize = 256 * 1024;

    // They go out together with the last one.
    private static readonly WriteOptions MoreFollows = new(WriteFlags.BufferHint);

    /// <summary>Bytes of one output of a job.</summary>
    private const long LargestUpload = 8L << 30;

    public override async Task Connect(IAsyncStreamReader<FromAgent> requestStream, IServerStreamWriter<ToAgent> responseStream, ServerCallContext context)
    {
        if (!await requestStream.MoveNext(context.CancellationToken) || requestStream.Current.Hello is not { } hello)
            throw new RpcException(new Status(StatusCode.InvalidArgument, "An agent says hello first."));
        if (AgentProtocol.Refusal(hello.Protocol) is { } refusal)
            throw new RpcException(new Status(StatusCode.FailedPrecondition, refusal));

        var agent = new ConnectedAgent(hello, supplies.Prepare);
        agent.Send(new ToAgent { Welcome = new Welcome { Protocol = hello.Protocol, Version = typeof(AgentHub).Assembly.GetName().Version!.ToString(3) } });
        hub.Join(agent, hello.Commands);
        // A stream that never ends would keep a server that is told to stop from ending, for as long as the host lets it.
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        var sending = SendAsync(agent, responseStream, ended.Token);
        try
        {
            // A replaced agent's outbox is closed: then its stream ends too, even when the dead connection still looks open.
            var receiving = ReceiveAsync(agent, requestStream, ended.Token);
            await Task.WhenAny(receiving, sending);
            await ended.CancelAsync();
            await Task.WhenAll(receiving, sending);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or RpcException or InvalidOperationException)
        {
            log.LogDebug(e, "The connection of agent '{Name}' ended", agent.Name);
        }
        finally
        {
            hub.Leave(agent);
        }
    }

    public override async Task<UploadReply> Upload(IAsyncStreamReader<UploadPart> requestStream, ServerCallContext context)
    {
        if (!await requestStream.MoveNext(context.CancellationToken) || !Digest.TryParse(requestStream.Current.Digest, out var expected))
            throw new RpcException(new Status(StatusCode.InvalidArgument, "The first part of an upload names its digest."));
        try
        {
            await using var parts = new PartStream(requestStream, context.CancellationToken);
            var stored = await packages.PutBlobAsync(parts, expected, LargestUpload, context.CancellationToken);
            return new UploadReply { Digest = stored.ToString() };
        }
        catch (Exception e) when (e is IOException or PackageException or DamagedPackageException)
        {
            throw new RpcException(new Status(StatusCode.Aborted, e.Message));
        }
    }

    public override async Task Download(DownloadRequest request, IServerStreamWriter<DownloadPart> responseStream, ServerCallContext context)
    {
        if (!Digest.TryParse(request.Digest, out var digest))
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"'{request.Digest}' is not a digest."));
        try
        {
            await using var blob = packages.OpenVerified(digest);
            var buffer = new byte[PartSize];
            int read;
            while ((read = await blob.ReadAsync(buffer, context.CancellationToken)) > 0)
                await responseStream.WriteAsync(new DownloadPart { Bytes = ByteString.CopyFrom(buffer, 0, read) }, context.CancellationToken);
        }
        catch (Exception e) when (e is IOException or PackageException or DamagedPackageException)
        {
            throw new RpcException(new Status(StatusCode.DataLoss, e.Message));
        }
    }

    private async Task ReceiveAsync(ConnectedAgent agent, IAsyncStreamReader<FromAgent> messages, CancellationToken cancel)
    {
        while (await messages.MoveNext(cancel))
        {
            var message = messages.Current;
            switch (message.MessageCase)
            {
                case FromAgent.MessageOneofCase.Progress:
                    TakeProgress(agent, message.Progress);
                    break;
                case FromAgent.MessageOneofCase.Answer:
                    // Not awaited: an fsync must not hold up the lines and answers behind it.
                    _ = TakeAnswerAsync(agent, message.Answer);
                    break;
                case FromAgent.MessageOneofCase.Log:
                    _ = TakeLinesAsync(agent, message.Log);
                    break;
                case FromAgent.MessageOneofCase.Health:
                    health.Take(message.Health);
                    instances.Take(agent.Name, message.Health);
                    break;
                default:
                    break;
            }
        }
    }

    private static async Task SendAsync(ConnectedAgent agent, IServerStreamWriter<ToAgent> stream, CancellationToken cancel)
    {
        await foreach (var message in agent.Outbox.ReadAllAsync(cancel))
        {
            stream.WriteOptions = agent.Outbox.TryPeek(out _) ? MoreFollows : null;
            await stream.WriteAsync(message, cancel);
        }
    }

    private void TakeProgress(ConnectedAgent agent, Progress message)
    {
        switch (JsonSerializer.Deserialize<AgentProgress>(message.Payload, CoreJson.Options))
        {
            case WorkStarted when StreamId.OfCommand(message.CommandId) is { Run: not null } run:
                loop.Post(run, new AttemptTaken(message.CommandId, agent.Name));
                break;
            case StepMoved moved:
                progress.Take(message.CommandId, moved);
                break;
            default:
                break;
        }
    }

    private async Task TakeAnswerAsync(ConnectedAgent agent, Answer message)
    {
        try
        {
            Failpoint.Cross("answer.taking");
            await hub.TakeAsync(message.CommandId, JsonSerializer.Deserialize<AgentAnswer>(message.Payload, CoreJson.Options)!);
            Failpoint.Cross("answer.taken");
            progress.Forget(message.CommandId);
            agent.Send(new ToAgent { AnswerStored = new AnswerStored { CommandId = message.CommandId } });
        }
        catch (Exception e)
        {
            // Not stored: the agent keeps the answer and repeats it.
            log.LogError(e, "The answer to {Command} could not be stored", message.CommandId);
        }
    }

    private async Task TakeLinesAsync(ConnectedAgent agent, LogLines message)
    {
        try
        {
            var lines = message.Lines.Select(line => new LogRecord(line.At, (int)line.Channel, line.Text.Memory)).ToList();
            var next = await logs.AppendAsync(message.Log, message.First, lines, message.Complete, CancellationToken.None);
            var whole = message.Complete && next == message.First + message.Lines.Count;
            agent.Send(new ToAgent { LogStored = new LogStored { Log = message.Log, Next = next, Complete = whole } });
        }
        catch (Exception e)
        {
            log.LogError(e, "Lines of {Log} could not be stored", message.Log);
        }
    }
}
