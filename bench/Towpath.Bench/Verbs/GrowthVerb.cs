using System.CommandLine;
using System.Diagnostics;
using Towpath.Bench.Machine;
using Towpath.Bench.Measuring;
using Towpath.Core;
using Towpath.Engine;
using Towpath.Simulation.Histories;
using Command = System.CommandLine.Command;

namespace Towpath.Bench.Verbs;

/// <summary>What years of use cost: reading everything again, starting, and looking at things, with a journal of a million events.</summary>
internal static class GrowthVerb
{
    private const string Project = "shop";
    private const double ReplaySecondsAtMost = 10;
    private const double RatioAtMost = 2;

    private static readonly Option<int> Events = MeasuringVerb.Count("--events", "Events of the large journal", 1_000_000);
    private static readonly Option<int> Small = MeasuringVerb.Count("--small", "Events of the journal that pages are compared with", 1000);
    private static readonly Option<int> Replays = MeasuringVerb.Count("--replays", "Times that everything is replayed", 3);
    private static readonly Option<int> Pairs = MeasuringVerb.Count("--pairs", "Pairs of starts that count", 15);
    private static readonly Option<int> Rounds = MeasuringVerb.Count("--rounds", "Pairs of answers of each page", 60);
    private static readonly Option<int> CommandPairs = MeasuringVerb.Count("--command-pairs", "Pairs of each command", 10);

    private static readonly Option<string?> Keep = new("--keep")
    {
        Description = "Keep the large journal in this folder, and take it from there the next time",
        HelpName = "DIR",
    };

    // '#' is the number of a run, another one each time.
    private static readonly (string What, string Path)[] Pages =
    [
        ("page of all projects", ""),
        ("page of a project", Project),
        ("page of a run", $"{Project}/runs/#"),
        ("page of an environment", $"{Project}/environments/production"),
        ("API, projects", "api/v1/projects"),
        ("API, runs of a project", $"api/v1/projects/{Project}/runs?limit=20"),
        ("API, a run", $"api/v1/projects/{Project}/runs/#"),
        ("API, an environment", $"api/v1/projects/{Project}/environments/production?history=10"),
    ];

    private static readonly string[][] Commands =
    [
        ["projects"],
        ["runs", "list", "--project", Project],
        ["runs", "show", "#", "--project", Project],
        ["envs", "show", "production", "--project", Project],
    ];

    public static Command Create() => MeasuringVerb.Create(
        "growth", "Replay, start-up and pages with a journal of a million events", [Events, Small, Replays, Pairs, Rounds, CommandPairs, Keep], MeasureAsync);

    private static async Task<(IReadOnlyList<Figure>, IReadOnlyList<Target>)> MeasureAsync(
        ParseResult typed, TowpathProgram program, Place place, CancellationToken cancel)
    {
        var (figures, targets) = (new List<Figure>(), new List<Target>());
        await using var large = new GrownServer(program, typed.GetValue(Keep) ?? place.At("large"));
        await using var small = new GrownServer(program, place.At("small"));
        await using var empty = new GrownServer(program, place.At("empty"));
        MeasuringVerb.Say($"making a journal of {typed.GetValue(Events)} events");
        large.Grow(typed.GetValue(Events));
        small.Grow(typed.GetValue(Small));

        Replay(large, typed.GetValue(Replays), figures);
        targets.Add(new("full replay of everything, median", "s", figures[^1].Sample.Median, ReplaySecondsAtMost));

        using var first = new FirstAnswer();
        await StartsAsync(large, empty, first, typed.GetValue(Pairs), figures, cancel);
        targets.Add(new("start-up, times the empty server's, median", "x", figures[^1].Sample.Median, RatioAtMost));

        await large.RunAsync(first, cancel);
        await small.RunAsync(first, cancel);
        foreach (var (what, pairs) in await LooksAsync(large, small, typed, cancel))
        {
            figures.AddRange(Figure.Compare(what, "ms", pairs, asRatio: true, bound: "small"));
            targets.Add(new($"{what}, times the small journal's, median", "x", figures[^1].Sample.Median, RatioAtMost));
        }

        return (figures, targets);
    }

    /// <summary>Every stream from its first event, with as many readers as there are cores; no snapshot is looked at.</summary>
    private static void Replay(GrownServer large, int times, List<Figure> figures)
    {
        using var journal = large.OpenJournal();
        var streams = History.StreamsIn(journal).Select(StreamId.Parse).ToList();
        var seconds = new List<double>();
        for (var time = 0; time < times; time++)
        {
            MeasuringVerb.Say($"replay {time} of {times}: {streams.Count} streams");
            var begun = Stopwatch.GetTimestamp();
            var replay = new Replay(journal, Rules.OfFlow);
            var events = streams.AsParallel().Sum(stream => (long)replay.InFull(stream).Events);
            if (events != journal.LastSequence)
                throw new InvalidOperationException($"{events} of {journal.LastSequence} events were replayed.");
            seconds.Add(Stopwatch.GetElapsedTime(begun).TotalSeconds);
        }

        figures.Add(new($"full replay, {large.Events} events", "towpath", "s", Sample.Of(seconds)));
    }

    private static async Task StartsAsync(
        GrownServer large, GrownServer empty, FirstAnswer first, int count, List<Figure> figures, CancellationToken cancel)
    {
        var pairs = new List<Pair>();
        // The very first is without snapshots, and leaves them.
        figures.Add(new("start to first answer, without snapshots", "towpath", "ms", Sample.Of([await first.AfterAsync(large.Start, cancel)])));
        for (var pair = -2; pair < count; pair++)
        {
            MeasuringVerb.Say($"start {Math.Max(pair, 0)} of {count}");
            var before = pair % 2 == 0 ? await first.AfterAsync(large.Start, cancel) : 0;
            var bound = await first.AfterAsync(empty.Start, cancel);
            if (pair >= 0)
                pairs.Add(new Pair(pair % 2 == 0 ? before : await first.AfterAsync(large.Start, cancel), bound));
        }

        figures.AddRange(Figure.Compare("start to first answer", "ms", pairs, asRatio: true, bound: "empty"));
    }

    private static async Task<IReadOnlyList<(string What, List<Pair> Pairs)>> LooksAsync(
        GrownServer large, GrownServer small, ParseResult typed, CancellationToken cancel)
    {
        const int warmUp = 30;
        var random = new Random(1);
        var (largeRuns, smallRuns) = (await large.RunsAsync(Project, cancel), await small.RunsAsync(Project, cancel));
        var looks = new List<(string, List<Pair>)>();
        foreach (var (what, path) in Pages)
        {
            MeasuringVerb.Say(what);
            var pairs = await PairsAsync(
                typed.GetValue(Rounds), warmUp, run => large.AskAsync(path.Replace("#", run, StringComparison.Ordinal), cancel),
                run => small.AskAsync(path.Replace("#", run, StringComparison.Ordinal), cancel));
            looks.Add((what, pairs));
        }

        foreach (var words in Commands)
        {
            var what = "towpath " + string.Join(' ', words.TakeWhile(word => word is not ("#" or "--project")));
            MeasuringVerb.Say(what);
            var pairs = await PairsAsync(
                typed.GetValue(CommandPairs), 2, run => large.CommandAsync(words.Select(word => word == "#" ? run : word), cancel),
                run => small.CommandAsync(words.Select(word => word == "#" ? run : word), cancel));
            looks.Add((what, pairs));
        }

        return looks;

        async Task<List<Pair>> PairsAsync(int count, int before, Func<string, Task<double>> ofLarge, Func<string, Task<double>> ofSmall)
        {
            var pairs = new List<Pair>();
            for (var pair = -before; pair < count; pair++)
            {
                var (run, other) = ($"{random.Next(1, largeRuns + 1)}", $"{random.Next(1, smallRuns + 1)}");
                var early = pair % 2 == 0 ? await ofLarge(run) : 0;
                var bound = await ofSmall(other);
                var measured = pair % 2 == 0 ? early : await ofLarge(run);
                if (pair >= 0)
                    pairs.Add(new Pair(measured, bound));
            }

            return pairs;
        }
    }
}
