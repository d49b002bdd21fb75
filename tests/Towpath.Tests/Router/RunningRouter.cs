using System.Net;
using System.Net.Sockets;
using Grpc.Net.Client;
using Towpath.Protocol;
using Towpath.Protocol.Router;
using Towpath.Router;

namespace Towpath.Tests.Router;

/// <summary>A real router in this process, with its socket and its file in a folder.</summary>
internal sealed class RunningRouter : IAsyncDisposable
{
    private const int LowestPort = 10_000;
    private const int Ports = 10_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static uint _lastPort = (uint)Random.Shared.Next(Ports);

    private readonly CancellationTokenSource _stop = new();
    private readonly GrpcChannel _channel;
    private readonly Task _run;

    private RunningRouter(RouterSettings settings)
    {
        _run = Task.Run(() => RouterHost.RunAsync(settings, _stop.Token));
        _channel = UnixChannel.Open(Path.Combine(settings.Folder, "router.sock"));
        Control = new RouterControl.RouterControlClient(_channel);
    }

    public RouterControl.RouterControlClient Control { get; }

    /// <summary>Ends, and fails, with the router.</summary>
    public Task Ended => _run;

    public static async Task<RunningRouter> StartAsync(RouterSettings settings)
    {
        var router = new RunningRouter(settings);
        await Eventually.That(
            () => router._run.IsCompleted || File.Exists(Path.Combine(settings.Folder, "router.sock")), "the router answers", Patience);
        if (router._run.IsCompleted)
            await router._run;
        return router;
    }

    public static Task<RunningRouter> StartAsync(TestFolder folder) => StartAsync(new RouterSettings(folder.Path));

    /// <summary>
    /// A port that nobody listens on right now, below those from which the system and the agent choose for apps: between here
    /// and the router, an app of another test would get it now and then.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = LowestPort + (int)(Interlocked.Increment(ref _lastPort) % Ports);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Somebody else's.
            }
        }
    }

    public static Route RouteTo(int port, params string[] addresses)
    {
        var route = new Route { Id = "shop/production/web", Listen = $"127.0.0.1:{port}", Release = "r1" };
        route.Destinations.AddRange(addresses.Select(a => new Destination { Id = "at " + a, Address = a }));
        return route;
    }

    public async Task<RouteStatus> SetAsync(Route route) =>
        await Control.SetRouteAsync(route, cancellationToken: TestContext.Current.CancellationToken);

    public async Task<RouterDescription> DescribeAsync() =>
        await Control.DescribeAsync(new DescribeRequest { Protocol = 1 }, cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>What the process does on SIGTERM. Ends when the router has ended.</summary>
    public Task StopAsync()
    {
        _stop.Cancel();
        return _run;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _channel.Dispose();
        _stop.Dispose();
    }
}
