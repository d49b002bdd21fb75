using System.Net;
using System.Text.Json;
using Grpc.Core;
using Towpath.Protocol;
using Towpath.Protocol.Agent;
using Towpath.Server;

namespace Towpath.Tests.Engine.Agents;

/// <summary>The server's end of a connection, with a real server.</summary>
public sealed class AgentLinkTests : IDisposable
{
    private readonly TestFolder data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Server_that_is_told_to_stop_does_not_wait_for_its_agents()
    {
        using var stop = new CancellationTokenSource();
        var settings = new ServerSettings(data.Path, new IPEndPoint(IPAddress.Loopback, 0));
        var server = Task.Run(() => ServerHost.RunAsync(settings, stop.Token), TestContext.Current.CancellationToken);
        await Eventually.That(() => server.IsCompleted || File.Exists(settings.EndpointFile), "the server is up", TimeSpan.FromSeconds(30));
        var token = JsonDocument.Parse(await File.ReadAllTextAsync(settings.EndpointFile, TestContext.Current.CancellationToken))
            .RootElement.GetProperty("token").GetString();
        using var channel = UnixChannel.Open(settings.AgentSocket);
        using var call = new AgentLink.AgentLinkClient(channel).Connect(
            new Metadata { { "authorization", $"Bearer {token}" } }, cancellationToken: TestContext.Current.CancellationToken);
        await call.RequestStream.WriteAsync(
            new FromAgent { Hello = new Hello { Protocol = 1, Name = "local", Slots = 1 } }, TestContext.Current.CancellationToken);
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));

        // As an agent does: it listens to the end.
        var listening = Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
            {
            }

            throw new IOException("The server ended it.");
        });

        await stop.CancelAsync();

        // The host itself would give the stream half a minute.
        await server.WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken);
        await listening;
    }
}
