using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Protocol.Agent;

namespace Towpath.Tests.Agent.Link;

/// <summary>
/// A second implementation of the server's side of the link. It checks what it is sent: the token, that a log has no gap,
/// that lines sent twice are the same, that nothing follows a log's end, and that no answer comes before its log's end.
/// </summary>
internal sealed class FakeServer : IAsyncDisposable
{
    public const string Token = "the-token";
    private readonly string socket;
    private readonly ConcurrentDictionary<string, KeptLog> logs = new();
    private readonly ConcurrentDictionary<string, AgentAnswer> answers = new();
    private readonly ConcurrentDictionary<string, byte[]> blobs = new();
    private WebApplication? app;
    private volatile Connection? connection;

    public FakeServer(string socket) => this.socket = socket;

    public ConcurrentQueue<string> Violations { get; } = [];

    public ConcurrentQueue<Hello> Hellos { get; } = [];

    public ConcurrentQueue<(string Command, AgentProgress Progress)> Progress { get; } = [];

    /// <summary>How often each answer came.</summary>
    public ConcurrentDictionary<string, int> AnswerCounts { get; } = new();

    /// <summary>False: what comes is kept, but the agent is not told so.</summary>
    public bool Acknowledges { get; set; } = true;

    public bool IsConnected => connection is not null;

    public IReadOnlyDictionary<string, byte[]> Blobs => blobs;

    public async Task StartAsync()
    {
        File.Delete(socket);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.ListenUnixSocket(socket, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        app = builder.Build();
        app.MapGrpcService<Service>();
        await app.StartAsync();
    }

    /// <summary>As if it were killed: connections break.</summary>
    public async Task StopAsync()
    {
        if (app is null)
            return;
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
        app = null;
        connection = null;
    }

    public Task SendAsync(ToAgent message) => connection!.SendAsync(message);

    public Task BeginAsync(AgentCommand command, string kind, params (string Name, string Value)[] secrets)
    {
        var begin = new Begin { CommandId = command.Id, Kind = kind, Payload = JsonSerializer.Serialize(command, CoreJson.Options) };
        foreach (var (name, value) in secrets)
            begin.Secrets.Add(name, value);
        return SendAsync(new() { Begin = begin });
    }

    public AgentAnswer? AnswerTo(string command) => answers.GetValueOrDefault(command);

    public IReadOnlyList<string> LinesOf(string command) => logs.TryGetValue(command, out var log) ? log.Texts : [];

    public long CountOf(string command) => logs.TryGetValue(command, out var log) ? log.Next - 1 : 0;

    /// <summary>The agent was killed: what is connected next is another one.</summary>
    public void ForgetConnection() => connection = null;

    public bool IsWhole(string command) => logs.TryGetValue(command, out var log) && log.Complete;

    public async ValueTask DisposeAsync() => await StopAsync();

    private sealed class Connection(IServerStreamWriter<ToAgent> stream) : IDisposable
    {
        private readonly SemaphoreSlim turn = new(1);

        public void Dispose() => turn.Dispose();

        public async Task SendAsync(ToAgent message)
        {
            await turn.WaitAsync();
            try
            {
                await stream.WriteAsync(message);
            }
            finally
            {
                turn.Release();
            }
        }
    }

    private sealed class KeptLog
    {
        private readonly List<(long At, uint Channel, string Text)> lines = [];

        public bool Complete { get; set; }

        public long Next
        {
            get
            {
                lock (lines)
                    return lines.Count + 1;
            }
        }

        public IReadOnlyList<string> Texts
        {
            get
            {
                lock (lines)
                    return [.. lines.Select(line => line.Text)];
            }
        }

        public string? Take(LogLines message)
        {
            lock (lines)
            {
                if (message.First > lines.Count + 1)
                    return $"{message.Log}: a gap from {lines.Count + 1} to {message.First}";
                var number = message.First;
                foreach (var line in message.Lines)
                {
                    var kept = (line.At, line.Channel, line.Text.ToStringUtf8());
                    if (number <= lines.Count && lines[(int)number - 1] != kept)
                        return $"{message.Log}: line {number} changed from '{lines[(int)number - 1].Text}' to '{kept.Item3}'";
                    if (number > lines.Count && Complete)
                        return $"{message.Log}: line {number} follows the end";
                    if (number > lines.Count)
                        lines.Add(kept);
                    number++;
                }
                Complete |= message.Complete;
                return null;
            }
        }
    }

    private sealed class Service(FakeServer server) : AgentLink.AgentLinkBase
    {
        public override async Task Connect(
            IAsyncStreamReader<FromAgent> requestStream, IServerStreamWriter<ToAgent> responseStream, ServerCallContext context)
        {
            Authorize(context);
            var connection = new Connection(responseStream);
            while (await requestStream.MoveNext())
            {
                var message = requestStream.Current;
                if (message.Hello is { } hello)
                {
                    server.Hellos.Enqueue(hello);
                    await connection.SendAsync(new() { Welcome = new() { Protocol = 1, Version = "test" } });
                    server.connection = connection;
                }
                await TakeAsync(message, connection);
            }
        }

        public override async Task<UploadReply> Upload(IAsyncStreamReader<UploadPart> requestStream, ServerCallContext context)
        {
            Authorize(context);
            using var bytes = new MemoryStream();
            var digest = "";
            while (await requestStream.MoveNext())
            {
                digest += requestStream.Current.Digest;
                requestStream.Current.Bytes.WriteTo(bytes);
            }
            var real = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes.ToArray()))}";
            if (real != digest)
                throw new RpcException(new Status(StatusCode.DataLoss, "the digest differs"));
            server.blobs[digest] = bytes.ToArray();
            return new() { Digest = digest };
        }

        public override async Task Download(
            DownloadRequest request, IServerStreamWriter<DownloadPart> responseStream, ServerCallContext context)
        {
            Authorize(context);
            if (!server.blobs.TryGetValue(request.Digest, out var bytes))
                throw new RpcException(new Status(StatusCode.NotFound, $"{request.Digest} is not stored here"));
            foreach (var part in bytes.Chunk(1000))
                await responseStream.WriteAsync(new() { Bytes = Google.Protobuf.ByteString.CopyFrom(part) });
        }

        private static void Authorize(ServerCallContext context)
        {
            if (context.RequestHeaders.GetValue("authorization") != $"Bearer {Token}")
                throw new RpcException(new Status(StatusCode.Unauthenticated, "wrong token"));
        }

        private async Task TakeAsync(FromAgent message, Connection connection)
        {
            if (message.Progress is { } progress)
            {
                var moved = JsonSerializer.Deserialize<AgentProgress>(progress.Payload, CoreJson.Options)!;
                server.Progress.Enqueue((progress.CommandId, moved));
            }
            if (message.Log is { } lines)
            {
                var log = server.logs.GetOrAdd(lines.Log, _ => new KeptLog());
                if (log.Take(lines) is { } violation)
                    server.Violations.Enqueue(violation);
                if (server.Acknowledges)
                    await connection.SendAsync(new() { LogStored = new() { Log = lines.Log, Next = log.Next, Complete = log.Complete } });
            }
            if (message.Answer is { } answer)
            {
                if (!server.IsWhole(answer.CommandId))
                    server.Violations.Enqueue($"{answer.CommandId}: the answer came before the end of its log");
                server.answers[answer.CommandId] = JsonSerializer.Deserialize<AgentAnswer>(answer.Payload, CoreJson.Options)!;
                server.AnswerCounts.AddOrUpdate(answer.CommandId, 1, (_, count) => count + 1);
                if (server.Acknowledges)
                    await connection.SendAsync(new() { AnswerStored = new() { CommandId = answer.CommandId } });
            }
        }
    }
}
