using System.CommandLine;
using Towpath.Bench.Machine;
using Towpath.Bench.Measuring;

namespace Towpath.Bench.Verbs;

/// <summary>What it costs a job and the server that very many look at one log while it is written.</summary>
internal static class FollowersVerb
{
    private const double KilobytesAtMost = 50;
    private const double RatioAtMost = 1.1;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    private static readonly Option<int> Followers = MeasuringVerb.Count("--followers", "Who follow the log", 1000);
    private static readonly Option<int> Pairs = MeasuringVerb.Count("--pairs", "Pairs of jobs that count, with followers and without", 6);
    private static readonly Option<int> Lines = MeasuringVerb.Count("--lines", "Lines that the job prints", 5000);

    public static Command Create() => MeasuringVerb.Create(
        "followers", "What it costs that very many follow one log", [Followers, Pairs, Lines], MeasureAsync);

    private static async Task<(IReadOnlyList<Figure>, IReadOnlyList<Target>)> MeasureAsync(
        ParseResult typed, TowpathProgram program, Place place, CancellationToken cancel)
    {
        // A shell that counts: it is at work all the time, so that whatever the server does more takes time from it where cores are few.
        var step = $"i=0; while [ $i -lt {typed.GetValue(Lines)} ]; do i=$((i+1)); j=0; while [ $j -lt 300 ]; do j=$((j+1)); done; echo line $i of a log that is followed; done";
        var source = await SourceTree.CreateAsync(place.At("source"), $"jobs:\n  build: {{ steps: [\"{step}\"] }}\n", 5, cancel);
        var data = place.At("towpath");
        await using var server = program.Start("server", data, "--listen", "127.0.0.1:0");
        await using var agent = program.Start("agent", data);
        await TowpathProgram.AgentIsThereAsync(server, data, cancel);
        using var api = new TowpathApi(data);
        var count = typed.GetValue(Followers);
        var jobs = new Jobs(source, api, server, data, count);
        var pairs = new List<Pair>();
        // What a server needs for its first jobs is not the followers'.
        MeasuringVerb.Say("warming up");
        for (var job = 0; job < 3; job++)
            await jobs.AloneAsync(cancel);
        for (var pair = -1; pair < typed.GetValue(Pairs); pair++)
        {
            MeasuringVerb.Say(pair < 0 ? "the first time" : $"pair {pair + 1} of {typed.GetValue(Pairs)}");
            var before = pair % 2 == 0 ? await jobs.AloneAsync(cancel) : 0;
            var followed = await jobs.FollowedAsync(cancel);
            var alone = pair % 2 == 0 ? before : await jobs.AloneAsync(cancel);
            if (pair >= 0)
                pairs.Add(new Pair(followed, alone));
        }

        // The first time, the server gets as large as it gets.
        var kilobytes = jobs.Kilobytes.Skip(1).ToList();
        List<Figure> figures =
        [
            .. Figure.Compare($"a job, {count} follow its log", "s", pairs, asRatio: true, bound: "alone"),
            new("the server's private memory, at most while they follow, a follower", "towpath", "kB", Sample.Of(kilobytes)),
            new("the same, the first time", "towpath", "kB", Sample.Of([jobs.Kilobytes[0]])),
            new("what each was sent", "towpath", "kB", Sample.Of(jobs.Sent)),
        ];
        return (figures,
        [
            new("the job's time, times that of a job that nobody follows, median", "x", figures[2].Sample.Median, RatioAtMost),
            new("the server's memory a follower, most", "kB", jobs.Kilobytes.Max(), KilobytesAtMost),
        ]);
    }

    private sealed class Jobs(SourceTree source, TowpathApi api, Child server, string data, int count)
    {
        private int run;

        /// <summary>By which the server had grown, a follower, in each job that was followed.</summary>
        public List<double> Kilobytes { get; } = [];

        /// <summary>To each follower.</summary>
        public List<double> Sent { get; } = [];

        /// <returns>Seconds that the job took.</returns>
        public async Task<double> AloneAsync(CancellationToken cancel)
        {
            await source.CommitAsync(cancel);
            await source.PushAsync(api.Remote, cancel);
            return (await api.RunEndsAsync(++run, cancel)).TotalSeconds;
        }

        /// <inheritdoc cref="AloneAsync"/>
        public async Task<double> FollowedAsync(CancellationToken cancel)
        {
            var rest = ProcessMeter.PrivateMegabytes(server.Pid);
            await using var followers = await LogFollowers.StartAsync(data, $"{TowpathApi.Project}/runs/{run + 1}/jobs/build/attempts/1", count, cancel);
            using var watching = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var watch = MostAsync(watching.Token);
            var took = await AloneAsync(cancel);
            while (followers.Complete < count)
                await Task.Delay(Look, cancel);
            await watching.CancelAsync();
            Kilobytes.Add((await watch - rest) * 1000 / count);
            Sent.Add(followers.Bytes / 1000.0 / count);
            return took;
        }

        private async Task<double> MostAsync(CancellationToken until)
        {
            var most = 0.0;
            while (!until.IsCancellationRequested)
            {
                most = Math.Max(most, ProcessMeter.PrivateMegabytes(server.Pid));
                await Task.Delay(Look, until).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return most;
        }
    }
}
