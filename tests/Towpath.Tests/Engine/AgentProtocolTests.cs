using Grpc.Core;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Towpath.Engine;
using Towpath.Engine.Agents;
using Towpath.Engine.Git;
using Towpath.Engine.Logs;
using Towpath.Engine.Packages;
using Towpath.Engine.Settings;
using Towpath.Protocol.Agent;

namespace Towpath.Tests.Engine;

/// <summary>A server is replaced first, and its agents one at a time after it.</summary>
public sealed class AgentProtocolTests : IDisposable
{
    private readonly TestFolder temp = new();

    public void Dispose() => temp.Dispose();

    [Theory]
    [InlineData(7, null)]
    [InlineData(6, null)]
    [InlineData(5, "This server speaks agent protocols 6 and 7, the agent 5: upgrade the agent.")]
    [InlineData(8, "This server speaks agent protocol 7, the agent 8: upgrade the server first, then the agents.")]
    [InlineData(0, "The agent does not say which protocol it speaks.")]
    public void A_server_understands_agents_of_its_own_protocol_and_of_the_one_before(uint agent, string? refusal) =>
        Assert.Equal(refusal, AgentProtocol.Refusal(agent, server: 7));

    [Fact]
    public async Task An_agent_that_is_understood_is_welcomed_in_its_own_protocol()
    {
        var said = await ConnectAsync(AgentProtocol.Current);
        Assert.Equal(AgentProtocol.Current, said[0].Welcome.Protocol);
    }

    [Theory]
    [InlineData(0, "does not say which protocol")]
    [InlineData(AgentProtocol.Current + 1, "upgrade the server first")]
    public async Task An_agent_that_is_not_understood_is_told_what_to_do(uint protocol, string sentence)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => ConnectAsync(protocol));
        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
        Assert.Contains(sentence, refused.Status.Detail, StringComparison.Ordinal);
    }

    /// <summary>Says hello, and hangs up.</summary>
    private async Task<IReadOnlyList<ToAgent>> ConnectAsync(uint protocol)
    {
        using var hub = new AgentHub(AgentLimits.Open(temp.Path), TimeProvider.System, NullLogger<AgentHub>.Instance);
        var supplies = new AgentSupplies(new Repositories(temp.At("git")), SecretStore.Open(temp.At("server")));
        await using var plane = new ControlPlane(new Towpath.Engine.Journal.MemoryJournal(), new NoAdapters(), TimeProvider.System, NullLoggerFactory.Instance);
        var endpoint = new AgentLinkEndpoint(
            hub, supplies, new LogStore(temp.At("logs"), TimeProvider.System), PackageStore.Open(temp.At("store")), new LiveProgress(plane.Changes),
            new LiveHealth(TimeProvider.System), new LiveInstances(TimeProvider.System), plane.Loop,
            new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance), NullLogger<AgentLinkEndpoint>.Instance);
        var server = new Sent();
        await endpoint.Connect(new Hellos(new Hello { Protocol = protocol, Name = "local", Slots = 1 }, server), server, new Call());
        return server.Messages;
    }

    /// <summary>One hello; the connection ends once it is answered.</summary>
    private sealed class Hellos(Hello hello, Sent answered) : IAsyncStreamReader<FromAgent>
    {
        private int moves;

        public FromAgent Current => new() { Hello = hello };

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            if (moves++ == 0)
                return true;
            await answered.First.Task.WaitAsync(cancellationToken);
            return false;
        }
    }

    private sealed class Sent : IServerStreamWriter<ToAgent>
    {
        public List<ToAgent> Messages { get; } = [];

        public TaskCompletionSource First { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(ToAgent message, CancellationToken cancellationToken) => WriteAsync(message);

        public Task WriteAsync(ToAgent message)
        {
            Messages.Add(message);
            First.TrySetResult();
            return Task.CompletedTask;
        }
    }

    private sealed class Call : ServerCallContext
    {
        protected override string MethodCore => "Connect";

        protected override string HostCore => "";

        protected override string PeerCore => "";

        protected override DateTime DeadlineCore => DateTime.MaxValue;

        protected override Metadata RequestHeadersCore => [];

        protected override CancellationToken CancellationTokenCore => TestContext.Current.CancellationToken;

        protected override Metadata ResponseTrailersCore => [];

        protected override Status StatusCore { get; set; }

        protected override WriteOptions? WriteOptionsCore { get; set; }

        protected override AuthContext AuthContextCore => new(null, []);

        protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => throw new NotSupportedException();

        protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;
    }

    private sealed class NoAdapters : IAdapters
    {
        public void Begin(Towpath.Core.Command command)
        {
        }

        public void Cancel(string commandId)
        {
        }
    }
}
