using System.CommandLine;
using System.Globalization;
using Towpath.Bench.Bounds;
using Towpath.Bench.Machine;
using Towpath.Bench.Measuring;
using Towpath.Protocol.Router;

namespace Towpath.Bench.Verbs;

/// <summary>What a request through the router costs and how long it takes, beside a bare YARP and nginx.</summary>
internal static class RouterVerb
{
    private const double RatioAtMost = 1.25;

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
        var (candidate, candidateAddress) = await Child.StartOwnAsync(Upstream.Verb, []);
        await using var candidateEnds = candidate;
        await using var router = await RouterUnderTest.StartAsync(program, place.At("towpath"), cancel);
        var alone = await router.SetAsync(RouterUnderTest.To("alone", "r1", address), cancel);
        var blocks = await router.SetAsync(WithATenth("blocks", address, candidateAddress, sticky: false), cancel);
        var clients = await router.SetAsync(WithATenth("clients", address, candidateAddress, sticky: true), cancel);
        // The runtime's own defaults: nobody who sets up a YARP would turn them off.
        var defaults = new Dictionary<string, string> { ["DOTNET_TieredPGO"] = "1", ["DOTNET_gcConcurrent"] = "1" };
        var (yarp, yarpAddress) = await Child.StartOwnAsync(BareProxy.Verb, ["--to", address], defaults);
        await using var yarpEnds = yarp;
        List<Proxy> proxies =
        [
            new("towpath", alone, router.Pid),
            new("bound", new Uri(yarpAddress), yarp.Pid),
            new("canary 10 %", blocks, router.Pid),
            new("canary 10 %, by client", clients, router.Pid) { Cookies = KnownClients() },
        ];
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
        var figures = Figure.Compare("CPU a request", "us", PairsOf(towpath, bound), asRatio: true).ToList();
        var targets = new List<Target> { Cpu("CPU a request, times the bound, median", figures[^1]) };
        foreach (var canary in proxies.Where(proxy => proxy.Name.StartsWith("canary", StringComparison.Ordinal)))
        {
            var ratios = PairsOf(canary, bound).Select(pair => pair.Towpath / pair.Bound);
            figures.Add(new("CPU a request", canary.Name, "us", Sample.Of(canary.Cpu)));
            figures.Add(new("CPU a request", $"{canary.Name} / bound", "x", Sample.Of(ratios)));
            targets.Add(Cpu($"the same, {canary.Name}", figures[^1]));
        }

        if (proxies.FirstOrDefault(proxy => proxy.Name == "nginx") is { } nginx)
            figures.Add(new("CPU a request", nginx.Name, "us", Sample.Of(nginx.Cpu)));
        foreach (var proxy in proxies)
        {
            figures.Add(new($"p50 of a round at {rate}/s", proxy.Name, "ms", Sample.Of(proxy.P50)));
            figures.Add(new($"p95 of a round at {rate}/s", proxy.Name, "ms", Sample.Of(proxy.P95)));
        }

        return (figures, [.. targets, new("failed requests", "", proxies.Sum(proxy => proxy.Failed), 0)]);

        static List<Pair> PairsOf(Proxy one, Proxy other) => [.. one.Cpu.Zip(other.Cpu, (cpu, otherCpu) => new Pair(cpu, otherCpu))];
        static Target Cpu(string what, Figure ratio) => new(what, "x", ratio.Sample.Median, RatioAtMost);
    }

    private static Route WithATenth(string name, string address, string candidate, bool sticky)
    {
        var route = RouterUnderTest.To(name, "r1", address);
        route.Canary = RouterUnderTest.Candidate("r2", candidate, share: 1000, sticky);
        return route;
    }

    /// <summary>Clients that were there before, as most are.</summary>
    private static List<string> KnownClients() =>
        [.. Enumerable.Range(0, 1000).Select(client => string.Create(CultureInfo.InvariantCulture, $"towpath-client={client:x32}"))];

    /// <summary>One way to the app.</summary>
    private sealed class Proxy(string name, Uri address, int pid)
    {
        public string Name => name;

        /// <summary>What the requests bring, in turn; none when empty.</summary>
        public IReadOnlyList<string> Cookies { get; init; } = [];

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
            var result = await load.RunAsync(address, rate, duration, cancel, Cookies);
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
