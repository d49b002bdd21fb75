using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Towpath.Agent.Jobs;
using Towpath.Bench.Machine;
using Towpath.Bench.Measuring;

namespace Towpath.Bench.Verbs;

/// <summary>Jobs a second that do nothing, four at once, beside a shell that makes the same workspaces and sandboxes.</summary>
internal static class JobsVerb
{
    private const double ShareAtLeast = 0.5;
    private const string AtOnce = "4";

    private static readonly Option<int> Rounds = MeasuringVerb.Count("--rounds", "Rounds that count, both sides in both sandboxes", 10);
    private static readonly Option<int> Warmup = MeasuringVerb.Count("--warmup", "Rounds before them", 15);
    private static readonly Option<int> Jobs = MeasuringVerb.Count("--jobs", "Jobs in a round, at most 100", 100);
    private static readonly Option<int> Files = MeasuringVerb.Count("--files", "Files in the repository", 20);

    public static Command Create() => MeasuringVerb.Create(
        "jobs", "Jobs a second that do nothing, four at once", [Rounds, Warmup, Jobs, Files], MeasureAsync);

    private static async Task<(IReadOnlyList<Figure>, IReadOnlyList<Target>)> MeasureAsync(
        ParseResult typed, TowpathProgram program, Place place, CancellationToken cancel)
    {
        var jobs = typed.GetValue(Jobs);
        var pipeline = "jobs:\n" + string.Concat(Enumerable.Range(1, jobs).Select(job => $"  j{job}: {{ steps: [\"true\"] }}\n"));
        var source = await SourceTree.CreateAsync(place.At("source"), pipeline, typed.GetValue(Files), cancel);
        var levels = await Bubblewrap.ProbeAsync(place.Folder) == SandboxLevel.Bubblewrap
            ? new[] { SandboxLevel.ProcessGroup, SandboxLevel.Bubblewrap }
            : [SandboxLevel.ProcessGroup];
        List<Side> sides = [];
        try
        {
            foreach (var level in levels)
                sides.Add(await Side.StartAsync(program, place, level, jobs, cancel));
            for (var round = -typed.GetValue(Warmup); round < typed.GetValue(Rounds); round++)
            {
                MeasuringVerb.Say(round < 0 ? "warming up" : $"round {round} of {typed.GetValue(Rounds)}");
                var commit = await source.CommitAsync(cancel);
                foreach (var side in sides)
                {
                    var pair = await side.PairAsync(source, commit, towpathFirst: round % 2 == 0, cancel);
                    if (round >= 0)
                        side.Pairs.Add(pair);
                }
            }

            return Conclude(sides);
        }
        finally
        {
            foreach (var side in sides)
                await side.DisposeAsync();
        }
    }

    private static (IReadOnlyList<Figure>, IReadOnlyList<Target>) Conclude(List<Side> sides)
    {
        var figures = new List<Figure>();
        var targets = new List<Target>();
        foreach (var side in sides)
        {
            figures.AddRange(Figure.Compare(side.What, "jobs/s", side.Pairs, asRatio: true, "shell"));
            targets.Add(new($"{side.What}, share of the shell's, median", "x", figures[^1].Sample.Median, ShareAtLeast, IsFloor: true));
        }

        return (figures, targets);
    }

    /// <summary>An installation whose agent keeps steps apart in one way, and the script that does it by hand.</summary>
    private sealed class Side : IAsyncDisposable
    {
        private readonly SandboxLevel level;
        private readonly string data;
        private readonly string byHand;
        private readonly int jobs;
        private readonly Child server;
        private Child? agent;
        private TowpathApi? api;
        private int runs;

        private Side(SandboxLevel level, string data, string byHand, int jobs, Child server)
        {
            this.level = level;
            this.data = data;
            this.byHand = byHand;
            this.jobs = jobs;
            this.server = server;
        }

        public string What => $"jobs ({SandboxName.Of(level)})";

        public List<Pair> Pairs { get; } = [];

        public static async Task<Side> StartAsync(
            TowpathProgram program, Place place, SandboxLevel level, int jobs, CancellationToken cancel)
        {
            var data = place.At(level.ToString());
            var byHand = Directory.CreateDirectory(place.At($"hand-{level}")).FullName;
            var side = new Side(level, data, byHand, jobs, program.Start("server", data, "--listen", "127.0.0.1:0"));
            try
            {
                side.agent = program.Start("agent", data, "--jobs", AtOnce, "--sandbox", SandboxName.Of(level));
                await TowpathProgram.AgentIsThereAsync(side.server, data, cancel);
                side.api = new TowpathApi(data);
                var script = HandMade.Script(level, byHand, Path.Combine(data, "git", "bench.git"), "true");
                await File.WriteAllTextAsync(side.ScriptFile, script, cancel);
                return side;
            }
            catch
            {
                await side.DisposeAsync();
                throw;
            }
        }

        public async Task<Pair> PairAsync(SourceTree source, string commit, bool towpathFirst, CancellationToken cancel)
        {
            // The script borrows the objects that the push brings, so the push comes first either way.
            await source.PushAsync(api!.Remote, cancel);
            var first = await TowpathAsync(cancel);
            var shell = await ShellAsync(commit, cancel);
            if (towpathFirst)
                return new Pair(first, shell);
            await source.CommitAsync(cancel);
            await source.PushAsync(api.Remote, cancel);
            return new Pair(await TowpathAsync(cancel), shell);
        }

        public async ValueTask DisposeAsync()
        {
            api?.Dispose();
            if (agent is not null)
                await agent.DisposeAsync();
            await server.DisposeAsync();
        }

        private string ScriptFile => Path.Combine(byHand, "job.sh");

        private async Task<double> TowpathAsync(CancellationToken cancel)
        {
            var took = await api!.RunEndsAsync(++runs, cancel);
            // What it still removes must not slow down the shell, which removes nothing while it is measured.
            var gone = Path.Combine(data, "agent", "work", ".gone");
            while (Directory.EnumerateFileSystemEntries(gone).Any())
                await Task.Delay(20, cancel);
            return jobs / took.TotalSeconds;
        }

        private async Task<double> ShellAsync(string commit, CancellationToken cancel)
        {
            var names = string.Join(' ', Enumerable.Range(1, jobs).Select(job => job.ToString(CultureInfo.InvariantCulture)));
            var begun = Stopwatch.GetTimestamp();
            await Shell.RunAsync("sh", ["-c", $"echo {names} | xargs -P {AtOnce} -n 1 sh {ScriptFile} {commit}"], cancel: cancel);
            var took = Stopwatch.GetElapsedTime(begun);
            Directory.Delete(Path.Combine(byHand, "work"), recursive: true);
            return jobs / took.TotalSeconds;
        }
    }
}
