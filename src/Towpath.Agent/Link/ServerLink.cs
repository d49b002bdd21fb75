using Grpc.Core;
using Grpc.Net.Client;
using Towpath.Protocol.Agent;
using Towpath.Protocol.Failpoints;

namespace Towpath.Agent.Link;

/// <summary>What this agent says of itself.</summary>
/// <param name="Token">Read for each connection, as it may be replaced.</param>
internal sealed record LinkIdentity(string Name, string Version, int Slots, string Sandbox, Func<string> Token)
{
    public Metadata Headers => new() { { "authorization", $"Bearer {Token()}" } };
}

/// <summary>
/// The agent's one stream to the server. It is opened again for ever; what the server has not stored is sent again then.
/// </summary>
internal sealed class ServerLink(
    GrpcChannel channel, LinkIdentity identity, Outbox outbox, CommandTable commands, Action<string> say, TimeProvider time)
{
    public const uint Protocol = 1;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WelcomeLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(3);

    // They go out together with the last one.
    private static readonly WriteOptions MoreFollows = new(WriteFlags.BufferHint);

    private bool welcomed;

    public async Task RunAsync(CancellationToken stop)
    {
        var pause = FirstPause;
        var lastProblem = "";
        while (!stop.IsCancellationRequested)
        {
            welcomed = false;
            var problem = await ConnectAsync(stop);
            if (stop.IsCancellationRequested)
                return;
            // Once is enough: a server that is away for an hour is one line, not a thousand.
            if (welcomed || problem != lastProblem)
                say($"no connection to the server: {problem}; trying again");
            lastProblem = problem;
            pause = welcomed ? FirstPause : pause;
            await EndedAsync(Task.Delay(pause, time, stop));
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task<string> ConnectAsync(CancellationToken stop)
    {
        try
        {
            using var ends = CancellationTokenSource.CreateLinkedTokenSource(stop);
            using var call = new AgentLink.AgentLinkClient(channel).Connect(identity.Headers, cancellationToken: ends.Token);
            await call.RequestStream.WriteAsync(new FromAgent { Hello = Hello() }, ends.Token);
            await WelcomeAsync(call.ResponseStream, ends.Token);
            welcomed = true;
            Failpoint.Cross("agent.linked");
            say("connected to the server");
            outbox.Rewind();
            Task[] both = [SendAsync(call.RequestStream, ends.Token), ReceiveAsync(call.ResponseStream, ends.Token)];
            var first = await Task.WhenAny(both);
            await ends.CancelAsync();
            await EndedAsync(Task.WhenAll(both));
            await first;
            return "the server ended it";
        }
        catch (RpcException problem)
        {
            return problem.StatusCode switch
            {
                StatusCode.Unavailable => "nobody listens there",
                StatusCode.Unauthenticated => "the token is not the server's",
                _ => problem.Status.Detail.Length > 0 ? problem.Status.Detail : problem.StatusCode.ToString(),
            };
        }
        catch (Exception problem) when (problem is not OutOfMemoryException)
        {
            // Whatever broke it: an agent that is not connected any more would be there and do nothing.
            return problem.Message;
        }
    }

    // However it ended.
    private static async Task EndedAsync(Task task) => await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private Hello Hello()
    {
        var hello = new Hello
        {
            Protocol = Protocol,
            Name = identity.Name,
            Version = identity.Version,
            Slots = (uint)identity.Slots,
            Sandbox = identity.Sandbox,
        };
        hello.Commands.AddRange(commands.Open);
        return hello;
    }

    private async Task WelcomeAsync(IAsyncStreamReader<ToAgent> stream, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(WelcomeLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        if (!await stream.MoveNext(either.Token))
            throw new IOException("the server ended it");
        if (stream.Current.Welcome is not { } welcome)
            throw new IOException("the server did not begin with a welcome");
        if (welcome.Protocol != Protocol)
            throw new IOException(
                $"the server speaks protocol {welcome.Protocol}, this agent {Protocol}: install the same version of both");
    }

    private async Task SendAsync(IClientStreamWriter<FromAgent> stream, CancellationToken cancel)
    {
        var beats = 0;
        await using var heart = time.CreateTimer(
            _ =>
            {
                Interlocked.Exchange(ref beats, 1);
                outbox.Ring();
            },
            null,
            HeartbeatInterval,
            HeartbeatInterval);
        while (true)
        {
            var messages = outbox.Take();
            if (Interlocked.Exchange(ref beats, 0) == 1)
                messages = messages.Append(new FromAgent { Heartbeat = new() });
            if (await SendAsync(stream, messages, cancel))
                await outbox.GatherAsync(cancel);
            else
                await outbox.WaitAsync(cancel);
        }
    }

    /// <returns>False when there were none.</returns>
    private static async Task<bool> SendAsync(IClientStreamWriter<FromAgent> stream, IEnumerable<FromAgent> messages, CancellationToken cancel)
    {
        FromAgent? last = null;
        foreach (var message in messages)
        {
            if (last is not null)
                await WriteAsync(last, MoreFollows);
            last = message;
        }
        if (last is null)
            return false;
        await WriteAsync(last, null);
        return true;

        async Task WriteAsync(FromAgent message, WriteOptions? options)
        {
            stream.WriteOptions = options;
            await stream.WriteAsync(message, cancel);
        }
    }

    private async Task ReceiveAsync(IAsyncStreamReader<ToAgent> stream, CancellationToken cancel)
    {
        while (await stream.MoveNext(cancel))
        {
            switch (stream.Current.MessageCase)
            {
                case ToAgent.MessageOneofCase.Begin:
                    commands.Begin(stream.Current.Begin);
                    break;
                case ToAgent.MessageOneofCase.Cancel:
                    commands.Cancel(stream.Current.Cancel.CommandId);
                    break;
                case ToAgent.MessageOneofCase.Limit:
                    commands.JobsAtOnce = (int)Math.Clamp(stream.Current.Limit.Jobs, 1, int.MaxValue);
                    break;
                case ToAgent.MessageOneofCase.AnswerStored:
                    commands.AnswerStored(stream.Current.AnswerStored.CommandId);
                    break;
                case ToAgent.MessageOneofCase.LogStored:
                    outbox.Stored(stream.Current.LogStored);
                    break;
            }
        }
    }
}
