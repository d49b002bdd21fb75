using System.CommandLine;
using Grpc.Core;
using Towpath.Bench.Bounds;
using Towpath.Bench.Machine;
using Towpath.Bench.Measuring;
using Towpath.Protocol;
using Towpath.Protocol.Router;

namespace Towpath.Bench.Verbs;

/// <summary>What a request through the router costs and how long it takes, beside a bare YARP and nginx.</summary>
internal static class RouterVerb
{
    private const double RatioAtMost = 1.25;
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(30);

    private static readonly Option<int> Rounds = MeasuringVerb.Count("--rounds", "Rounds that count, each through every proxy", 8);
    private static readonly Option<int> Warmup = MeasuringVerb.Count("--warmup", "Rounds before them", 3);
    private static readonly Option<int> Seconds = MeasuringVerb.Count("--seconds", "How long each proxy is under load in a round", 10);
    private static readonly Option<int> Rate = MeasuringVerb.Count("--rate", "Requests a second", 500);

    public static Command Create() => MeasuringVerb.Create(
        "router", "CPU a request and latency at a fixed rate", [Rounds, Warmup, Seconds, Rate], MeasureAsync);

    private static async Task<(IReadOnlyList<Figure>, IReadOnlyList<Target>)> MeasureAsync(
        ParseResult typed, TowpathProgram program, Place place, CancellationToken cancel)
    {
        var (app, address) = await Child.StartOwnAsync(Upstream.Verb, []);
        await using var appEnds = app;
        await using var router = program.Start("router", place.At("towpath"));
        var listen = await RouteAsync(router, place.At("towpath"), address, cancel);
        // The runtime's own defaults: nobody who sets up a YARP would turn them off.
        var defaults = new Dictionary<string, string> { ["DOTNET_TieredPGO"] = "1", ["DOTNET_gcConcurrent"] = "1" };
        var (yarp, yarpAddress) = await Child.StartOwnAsync(BareProxy.Verb, ["--to", address], defaults);
        await using var yarpEnds = yarp;
        List<Proxy> proxies = [new("towpath", new Uri($"http://{listen}/"), router.Pid), new("bound", new Uri(yarpAddress), yarp.Pid)];
        await using var nginx = await Nginx.TryStartAsync(place.At("nginx"), new Uri(address), cancel);
        if (nginx is not null)
            proxies.Add(new("nginx", nginx.Address, nginx.Pid));
        proxies.Add(new("no proxy", new Uri(address), app.Pid));

        using var load = new OpenLoop();
        var duration = TimeSpan.FromSeconds(typed.GetValue(Seconds));
        for (var round = -typed.GetValue(Warmup); round < typed.GetValue(Rounds); round++)
        {
            MeasuringVerb.Say(round < 0 ? "warming up" : $"round {round} of {typed.GetValue(Rounds)}");
            // In turn, and the other way round in the next round.
            foreach (var proxy in round % 2 == 0 ? proxies : Enumerable.Reverse(proxies))
                await proxy.LoadAsync(load, typed.GetValue(Rate), duration, counts: round >= 0, cancel);
        }

        return Conclude(proxies, typed.GetValue(Rate));
    }

    private static (IReadOnlyList<Figure>, IReadOnlyList<Target>) Conclude(List<Proxy> proxies, int rate)
    {
        var (towpath, bound) = (proxies[0], proxies[1]);
        var pairs = towpath.Cpu.Zip(bound.Cpu, (one, other) => new Pair(one, other)).ToList();
        var figures = Figure.Compare("CPU a request", "us", pairs, asRatio: true).ToList();
        var ratio = figures[^1].Sample.Median;
        if (proxies.FirstOrDefault(proxy => proxy.Name == "nginx") is { } nginx)
            figures.Add(new("CPU a request", nginx.Name, "us", Sample.Of(nginx.Cpu)));
        foreach (var proxy in proxies)
        {
            figures.Add(new($"p50 of a round at {rate}/s", proxy.Name, "ms", Sample.Of(proxy.P50)));
            figures.Add(new($"p95 of a round at {rate}/s", proxy.Name, "ms", Sample.Of(proxy.P95)));
        }

        return (figures, [
            new("CPU a request, times the bound, median", "x", ratio, RatioAtMost),
            new("failed requests", "", proxies.Sum(proxy => proxy.Failed), 0),
        ]);
    }

    /// <returns>Where the router listens for the app.</returns>
    private static async Task<string> RouteAsync(Child router, string data, string address, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(StartsWithin);
        var socket = Path.Combine(data, "router", "router.sock");
        while (!File.Exists(socket))
        {
            if (router.HasEnded)
                throw new InvalidOperationException($"The router ended early: {router.LastWords}");
            await Task.Delay(20, limit.Token);
        }

        using var channel = UnixChannel.Open(socket);
        var listen = TowpathProgram.Local(TowpathProgram.FreePort());
        var route = new Route { Id = "bench/production/web", Listen = listen, Release = "r1" };
        route.Destinations.Add(new Destination { Id = "r1/web/0", Address = address });
        var control = new RouterControl.RouterControlClient(channel);
        var status = await control.SetRouteAsync(route, new CallOptions(cancellationToken: limit.Token));
        return status.Listening ? listen : throw new InvalidOperationException(status.Problem);
    }

    /// <summary>One way to the app.</summary>
    private sealed class Proxy(string name, Uri address, int pid)
    {
        public string Name => name;

        /// <summary>Microseconds a request, of each round.</summary>
        public List<double> Cpu { get; } = [];

        /// <summary>Milliseconds, of each round.</summary>
        public List<double> P50 { get; } = [];

        /// <summary>Milliseconds, of each round.</summary>
        public List<double> P95 { get; } = [];

        public int Failed { get; private set; }

        public async Task LoadAsync(OpenLoop load, int rate, TimeSpan duration, bool counts, CancellationToken cancel)
        {
            var before = ProcessMeter.CpuMicroseconds(pid);
            var result = await load.RunAsync(address, rate, duration, cancel);
            cancel.ThrowIfCancellationRequested();
            var used = ProcessMeter.CpuMicroseconds(pid) - before;
            Failed += result.Failed;
            if (!counts || result.Milliseconds.Count == 0)
                return;
            var sample = Sample.Of(result.Milliseconds);
            Cpu.Add(used / result.Milliseconds.Count);
            P50.Add(sample.Median);
            P95.Add(sample.P95);
        }
    }
}
