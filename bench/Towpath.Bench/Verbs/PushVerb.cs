using System.CommandLine;
using System.Globalization;
using Towpath.Agent.Jobs;
using Towpath.Bench.Bounds;
using Towpath.Bench.Machine;
using Towpath.Bench.Measuring;

namespace Towpath.Bench.Verbs;

/// <summary>From the start of <c>git push</c> to the first line of the first step.</summary>
internal static class PushVerb
{
    private const double MedianOverAtMost = 60;
    private const double P95OverAtMost = 150;
    // The step itself says when it ran, in nanoseconds since 1970: the same on both sides, and nothing has to be watched.
    private const string Step = "date +%s%N";
    private const int StampLength = 19;

    private const string Pipeline = $"""
        jobs:
          first:
            steps: ["{Step}"]

        """;

    private static readonly Option<int> Pairs = MeasuringVerb.Count("--pairs", "Pairs of pushes that count", 100);
    private static readonly Option<int> Warmup = MeasuringVerb.Count("--warmup", "Pairs of pushes before them", 20);
    private static readonly Option<int> Files = MeasuringVerb.Count("--files", "Files in the repository", 20);

    public static Command Create() => MeasuringVerb.Create(
        "push", "git push to the first line of the first step", [Pairs, Warmup, Files], MeasureAsync);

    private static async Task<(IReadOnlyList<Figure>, IReadOnlyList<Target>)> MeasureAsync(
        ParseResult typed, TowpathProgram program, Place place, CancellationToken cancel)
    {
        var source = await SourceTree.CreateAsync(place.At("source"), Pipeline, typed.GetValue(Files), cancel);
        var level = await Bubblewrap.ProbeAsync(place.Folder);
        var data = place.At("towpath");
        await using var up = await program.UpAsync(data, cancel);
        try
        {
            var (bare, address) = await Child.StartOwnAsync(
                BareGitServer.Verb, ["--folder", place.At("bare"), "--step", Step, "--sandbox", level.ToString()]);
            await using var ends = bare;
            using var api = new TowpathApi(data);
            var sides = new Sides(source, api, place.At("bare"), address);
            var pairs = new List<Pair>();
            for (var count = -typed.GetValue(Warmup); count < typed.GetValue(Pairs); count++)
            {
                if (count % 10 == 0)
                    MeasuringVerb.Say(count < 0 ? "warming up" : $"pair {count} of {typed.GetValue(Pairs)}");
                var pair = await sides.PairAsync(towpathFirst: count % 2 == 0, cancel);
                if (count >= 0)
                    pairs.Add(pair);
            }

            return Conclude(pairs, level);
        }
        finally
        {
            await program.DownAsync(data);
        }
    }

    private static (IReadOnlyList<Figure>, IReadOnlyList<Target>) Conclude(List<Pair> pairs, SandboxLevel level)
    {
        var figures = Figure.Compare($"push to first line ({SandboxName.Of(level)})", "ms", pairs, asRatio: false).ToList();
        var over = figures[^1].Sample;
        return (figures, [
            new("over the bound, median", "ms", over.Median, MedianOverAtMost),
            new("over the bound, p95", "ms", over.P95, P95OverAtMost),
        ]);
    }

    private sealed class Sides(SourceTree source, TowpathApi api, string bareFolder, string bareAddress)
    {
        private readonly string bareRemote = new UriBuilder(bareAddress)
        {
            UserName = "x",
            Password = BareGitServer.Password,
            Path = $"/git/{BareGitServer.Project}.git",
        }.Uri.AbsoluteUri;

        private int runs;

        public async Task<Pair> PairAsync(bool towpathFirst, CancellationToken cancel)
        {
            var commit = await source.CommitAsync(cancel);
            var towpath = towpathFirst ? await PushAsync(cancel) : 0;
            var bound = await PushBareAsync(commit, cancel);
            return new Pair(towpathFirst ? towpath : await PushAsync(cancel), bound);
        }

        private async Task<double> PushAsync(CancellationToken cancel)
        {
            var begun = DateTime.UtcNow;
            await source.PushAsync(api.Remote, cancel);
            await api.RunEndsAsync(++runs, cancel);
            return Since(begun, await api.LogAsync(runs, "first", cancel));
        }

        private async Task<double> PushBareAsync(string commit, CancellationToken cancel)
        {
            var begun = DateTime.UtcNow;
            await source.PushAsync(bareRemote, cancel);
            var log = BareGitServer.LogOf(bareFolder, commit);
            var milliseconds = Since(begun, await File.ReadAllTextAsync(log, cancel));
            Directory.Delete(Path.GetDirectoryName(log)!, recursive: true);
            return milliseconds;
        }

        private static double Since(DateTime begun, string log)
        {
            var stamp = log.Split('\n').FirstOrDefault(line => line.Length == StampLength && line.All(char.IsAsciiDigit))
                ?? throw new InvalidOperationException($"The step did not say when it ran:\n{log}");
            var nanoseconds = long.Parse(stamp, CultureInfo.InvariantCulture);
            return (DateTime.UnixEpoch.AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick) - begun).TotalMilliseconds;
        }
    }
}
