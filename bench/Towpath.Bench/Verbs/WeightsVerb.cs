using System.CommandLine;
using System.Globalization;
using Towpath.Bench.Bounds;
using Towpath.Bench.Machine;
using Towpath.Bench.Measuring;
using Towpath.Protocol.Router;

namespace Towpath.Bench.Verbs;

/// <summary>Whether the router keeps its word on shares: no request fails when they change, and each version gets what it should.</summary>
internal static class WeightsVerb
{
    private const string Old = "r1";
    private const string New = "r2";

    /// <summary>Chance passes this once in 16,000 times.</summary>
    private const double ErrorsAtMost = 4;

    /// <summary>Of 10,000, and how many requests a block has then (docs/adr/0015).</summary>
    private static readonly (uint Share, int Block)[] Blocks =
        [(50, 200), (100, 100), (500, 20), (625, 32), (1000, 20), (2500, 20), (3300, 100), (5000, 20), (9900, 100)];

    private static readonly uint[] Sticky = [100, 1000, 2500, 5000];

    private static readonly Option<int> Changes = MeasuringVerb.Count("--changes", "Changes of the share under load", 200);
    private static readonly Option<int> Rollbacks = MeasuringVerb.Count("--rollbacks", "Rollbacks under load", 50);
    private static readonly Option<int> Rounds = MeasuringVerb.Count("--rounds", "Blocks of each share", 60);
    private static readonly Option<int> Clients = MeasuringVerb.Count("--clients", "New clients for each share", 5000);
    private static readonly Option<int> PerSecond = MeasuringVerb.Count("--rate", "Requests a second", 500);

    public static Command Create() => MeasuringVerb.Create(
        "weights", "Shares that change under load: failed requests, blocks, clients", [Changes, Rollbacks, Rounds, Clients, PerSecond], MeasureAsync);

    private static async Task<(IReadOnlyList<Figure>, IReadOnlyList<Target>)> MeasureAsync(
        ParseResult typed, TowpathProgram program, Place place, CancellationToken cancel)
    {
        var (old, oldAddress) = await Child.StartOwnAsync(Upstream.Verb, ["--release", Old]);
        await using var oldEnds = old;
        var (next, nextAddress) = await Child.StartOwnAsync(Upstream.Verb, ["--release", New]);
        await using var nextEnds = next;
        await using var router = await RouterUnderTest.StartAsync(program, place.At("towpath"), cancel);
        using var asking = new Asking(router, oldAddress, nextAddress);
        var (figures, targets) = (new List<Figure>(), new List<Target>());
        await asking.UnderLoadAsync(
            typed.GetValue(Changes), typed.GetValue(Rollbacks), typed.GetValue(PerSecond), figures, targets, cancel);
        await asking.BlocksAsync(typed.GetValue(Rounds), targets, cancel);
        await asking.ClientsAsync(typed.GetValue(Clients), figures, targets, cancel);
        return (figures, targets);
    }

    private static string Percent(uint share) => string.Create(CultureInfo.InvariantCulture, $"{share / 100.0:0.##} %");

    /// <summary>One route with two versions behind it.</summary>
    private sealed class Asking(RouterUnderTest router, string oldAddress, string nextAddress) : IDisposable
    {
        private const int Probes = 20;
        private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(50);

        private readonly HttpClient client = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, MaxConnectionsPerServer = 256 });
        private readonly Route route = RouterUnderTest.To("weights", Old, oldAddress);
        private Uri? address;

        public void Dispose() => client.Dispose();

        public async Task UnderLoadAsync(
            int changes, int rollbacks, int perSecond, List<Figure> figures, List<Target> targets, CancellationToken cancel)
        {
            await ShareAsync(0, sticky: false, cancel);
            using var load = new OpenLoop();
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var (failed, answered) = (0, 0);
            var running = load.AskAsync(address!, perSecond, long.MaxValue, Hear, stop.Token);
            MeasuringVerb.Say($"{changes} changes of the share");
            for (var change = 1; change <= changes; change++)
            {
                await ShareAsync(Blocks[change % Blocks.Length].Share, sticky: false, cancel);
                await Task.Delay(Between, cancel);
            }

            MeasuringVerb.Say($"{rollbacks} rollbacks");
            var late = 0;
            for (var rollback = 1; rollback <= rollbacks; rollback++)
            {
                // In turn out of a canary, and when all traffic has moved.
                await (rollback % 2 == 0 ? ShareAsync(5000, sticky: false, cancel) : AllToAsync(New, nextAddress, cancel));
                await Task.Delay(Between, cancel);
                await AllToAsync(Old, oldAddress, cancel);
                for (var probe = 0; probe < Probes; probe++)
                    late += await AskAsync(cancel) == New ? 1 : 0;
            }

            await stop.CancelAsync();
            await running;
            figures.Add(new("requests under load", "towpath", "", Sample.Of([answered + failed])));
            targets.Add(new($"failed requests over {changes} changes and {rollbacks} rollbacks", "", failed, 0));
            targets.Add(new("requests that the old candidate got after a rollback was done", "", late, 0));

            void Hear(long due, HttpResponseMessage? answer) => Interlocked.Increment(ref answer is { IsSuccessStatusCode: true } ? ref answered : ref failed);
        }

        public async Task BlocksAsync(int rounds, List<Target> targets, CancellationToken cancel)
        {
            foreach (var (share, length) in Blocks)
            {
                MeasuringVerb.Say($"blocks at {Percent(share)}");
                // A share that changes begins a new block.
                await ShareAsync(0, sticky: false, cancel);
                await ShareAsync(share, sticky: false, cancel);
                var wrong = 0;
                for (var block = 0; block < rounds; block++)
                {
                    var answers = await Task.WhenAll(Enumerable.Range(0, length).Select(_ => Task.Run(() => AskAsync(cancel), cancel)));
                    wrong += answers.Count(release => release == New) == share * length / 10_000 ? 0 : 1;
                }

                targets.Add(new($"blocks with another share than {Percent(share)}, of {rounds}, all requests of one at once", "", wrong, 0));
            }
        }

        public async Task ClientsAsync(int clients, List<Figure> figures, List<Target> targets, CancellationToken cancel)
        {
            const int AtOnce = 32;
            foreach (var share in Sticky)
            {
                MeasuringVerb.Say($"new clients at {Percent(share)}");
                await ShareAsync(share, sticky: true, cancel);
                var got = 0;
                foreach (var some in Enumerable.Range(0, clients).Chunk(AtOnce))
                    got += (await Task.WhenAll(some.Select(_ => AskAsync(cancel)))).Count(release => release == New);
                var (expected, error) = (share / 10_000.0, Math.Sqrt(share / 10_000.0 * (1 - (share / 10_000.0)) / clients));
                figures.Add(new($"of {clients} new clients, at {Percent(share)}", "towpath", "%", Sample.Of([100.0 * got / clients])));
                targets.Add(new($"new clients at {Percent(share)}, off by", "standard errors", Math.Abs(((double)got / clients) - expected) / error, ErrorsAtMost));
            }
        }

        private async Task ShareAsync(uint share, bool sticky, CancellationToken cancel)
        {
            To(Old, oldAddress);
            route.Canary = RouterUnderTest.Candidate(New, nextAddress, share, sticky);
            address = await router.SetAsync(route, cancel);
        }

        private async Task AllToAsync(string release, string at, CancellationToken cancel)
        {
            To(release, at);
            route.Canary = null;
            address = await router.SetAsync(route, cancel);
        }

        private void To(string release, string at)
        {
            var other = RouterUnderTest.To("weights", release, at);
            route.Release = release;
            route.Destinations.Clear();
            route.Destinations.AddRange(other.Destinations);
        }

        private async Task<string> AskAsync(CancellationToken cancel)
        {
            using var answer = await client.GetAsync(address, cancel);
            return answer.IsSuccessStatusCode && answer.Headers.TryGetValues(Upstream.ReleaseHeader, out var names) ? names.First()
                : throw new InvalidOperationException($"The router answered {(int)answer.StatusCode}.");
        }
    }
}
