using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Net.Client;
using Towpath.Protocol;
using Towpath.Protocol.Router;
using RouteCanary = Towpath.Protocol.Router.Canary;

namespace Towpath.Bench.Machine;

/// <summary>A router of its own, steered as an agent does, and asked for the counts of its routes as often.</summary>
internal sealed class RouterUnderTest : IAsyncDisposable
{
    /// <summary>Longer than a measurement takes: nobody renews the lease.</summary>
    public const uint LeaseMs = 3_600_000;

    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(30);

    /// <summary>As an agent reads what people are shown.</summary>
    private static readonly TimeSpan ReadsEvery = TimeSpan.FromSeconds(5);

    private readonly Child process;
    private readonly GrpcChannel channel;
    private readonly RouterControl.RouterControlClient control;
    private readonly ConcurrentDictionary<string, bool> routes = new();
    private readonly CancellationTokenSource over = new();
    private readonly Task reading;

    private RouterUnderTest(Child process, string socket)
    {
        this.process = process;
        channel = UnixChannel.Open(socket);
        control = new RouterControl.RouterControlClient(channel);
        reading = KeepReadingAsync();
    }

    public int Pid => process.Pid;

    public static async Task<RouterUnderTest> StartAsync(TowpathProgram program, string data, CancellationToken cancel)
    {
        var process = program.Start("router", data);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(StartsWithin);
            var socket = Path.Combine(data, "router", "router.sock");
            while (!File.Exists(socket))
            {
                if (process.HasEnded)
                    throw new InvalidOperationException($"The router ended early: {process.LastWords}");
                await Task.Delay(20, limit.Token);
            }

            return new RouterUnderTest(process, socket);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>A route to one instance, on a port of its own.</summary>
    public static Route To(string name, string release, string address)
    {
        var route = new Route { Id = $"bench/{name}/web", Listen = TowpathProgram.Local(TowpathProgram.FreePort()), Release = release };
        route.Destinations.Add(new Destination { Id = $"{release}/web/0", Address = address });
        return route;
    }

    /// <param name="share">Of 10,000.</param>
    public static RouteCanary Candidate(string release, string address, uint share, bool sticky)
    {
        var canary = new RouteCanary { Release = release, Share = share, LeaseMs = LeaseMs, Sticky = sticky };
        canary.Destinations.Add(new Destination { Id = $"{release}/web/0", Address = address });
        return canary;
    }

    /// <returns>Where it listens. New requests follow the route from then on.</returns>
    /// <exception cref="InvalidOperationException">It does not listen.</exception>
    public async Task<Uri> SetAsync(Route route, CancellationToken cancel)
    {
        var status = await control.SetRouteAsync(route, new CallOptions(cancellationToken: cancel));
        routes[route.Id] = true;
        return status.Listening ? new Uri($"http://{route.Listen}/") : throw new InvalidOperationException(status.Problem);
    }

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        await reading;
        over.Dispose();
        channel.Dispose();
        await process.DisposeAsync();
    }

    private async Task KeepReadingAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(ReadsEvery, over.Token);
                foreach (var route in routes.Keys)
                    await control.MeasureAsync(new MeasureRequest { Route = route }, new CallOptions(cancellationToken: over.Token));
            }
        }
        catch (Exception ended) when (over.IsCancellationRequested && ended is OperationCanceledException or RpcException)
        {
            // It is disposed of.
        }
    }
}
