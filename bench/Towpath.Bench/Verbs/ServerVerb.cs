using System.CommandLine;
using System.Globalization;
using Towpath.Bench.Bounds;
using Towpath.Bench.Machine;
using Towpath.Bench.Measuring;

namespace Towpath.Bench.Verbs;

/// <summary>How long the server takes to start and what it holds while nothing happens, beside a program of the same parts.</summary>
internal static class ServerVerb
{
    private const double RatioAtMost = 2;
    private const double TogetherAtMost = 350;

    private static readonly Option<int> Pairs = MeasuringVerb.Count("--pairs", "Pairs of starts that count", 15);
    private static readonly Option<int> Idle = MeasuringVerb.Count("--idle", "Seconds without work before memory is read", 60);
    private static readonly Option<int> IdlePairs = MeasuringVerb.Count("--idle-pairs", "Pairs whose memory is read", 3);

    public static Command Create() => MeasuringVerb.Create(
        "server", "The server's start-up time and idle memory; the memory of all three", [Pairs, Idle, IdlePairs], MeasureAsync);

    private static async Task<(IReadOnlyList<Figure>, IReadOnlyList<Target>)> MeasureAsync(
        ParseResult typed, TowpathProgram program, Place place, CancellationToken cancel)
    {
        using var sides = new Sides(program, place);
        var starts = new List<Pair>();
        // The first ones make their files, and bring the programs into memory.
        for (var count = -2; count < typed.GetValue(Pairs); count++)
        {
            MeasuringVerb.Say($"start {Math.Max(count, 0)} of {typed.GetValue(Pairs)}");
            var pair = await sides.StartPairAsync(towpathFirst: count % 2 == 0, cancel);
            if (count >= 0)
                starts.Add(pair);
        }

        var idle = TimeSpan.FromSeconds(typed.GetValue(Idle));
        var figures = Figure.Compare("start to first answer", "ms", starts, asRatio: true).ToList();
        List<Target> targets = [new("start-up, times the bound, median", "x", figures[^1].Sample.Median, RatioAtMost)];
        var (pss, alone) = await sides.IdlePairsAsync(typed.GetValue(IdlePairs), idle, cancel);
        figures.AddRange(Figure.Compare($"server, PSS after {idle.TotalSeconds} s idle", "MB", pss, asRatio: true));
        targets.Add(new("idle PSS, times the bound, median", "x", figures[^1].Sample.Median, RatioAtMost));
        figures.AddRange(Figure.Compare($"server, private memory after {idle.TotalSeconds} s idle", "MB", alone, asRatio: true));
        var together = await TogetherAsync(program, place.At("all"), idle, figures, cancel);
        targets.Add(new("server, agent and router together, PSS", "MB", together, TogetherAtMost));
        return (figures, targets);
    }

    /// <returns>The sum over server, agent and router, in MB.</returns>
    private static async Task<double> TogetherAsync(
        TowpathProgram program, string data, TimeSpan idle, List<Figure> figures, CancellationToken cancel)
    {
        MeasuringVerb.Say("all three processes");
        await using var up = await program.UpAsync(data, cancel);
        try
        {
            await Task.Delay(idle, cancel);
            var sum = 0.0;
            foreach (var part in (string[])["server", "agent", "router"])
            {
                var pss = ProcessMeter.PssMegabytes(PidOf(data, part));
                figures.Add(new("three processes, PSS", part, "MB", Sample.Of([pss])));
                sum += pss;
            }

            figures.Add(new("three processes, PSS", "together", "MB", Sample.Of([sum])));
            return sum;
        }
        finally
        {
            await program.DownAsync(data);
        }
    }

    private static int PidOf(string data, string part)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(folder, "cmdline")).Contains($"\0{part}\0--data\0{data}\0", StringComparison.Ordinal))
                    return int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // It ended just now.
            }
        }

        throw new InvalidOperationException($"The {part} of {data} does not run.");
    }

    private sealed class Sides(TowpathProgram program, Place place) : IDisposable
    {
        private readonly FirstAnswer first = new();

        public void Dispose() => first.Dispose();

        public async Task<Pair> StartPairAsync(bool towpathFirst, CancellationToken cancel)
        {
            var towpath = towpathFirst ? await first.AfterAsync(Towpath, cancel) : 0;
            var bound = await first.AfterAsync(Bare, cancel);
            return new Pair(towpathFirst ? towpath : await first.AfterAsync(Towpath, cancel), bound);
        }

        /// <summary>Both run at the same time, so that both share the runtime's pages with as many others.</summary>
        public async Task<(List<Pair> Pss, List<Pair> Private)> IdlePairsAsync(int count, TimeSpan idle, CancellationToken cancel)
        {
            var (pss, alone) = (new List<Pair>(), new List<Pair>());
            for (var pair = 0; pair < count; pair++)
            {
                MeasuringVerb.Say($"idle {pair} of {count}");
                var (port, otherPort) = (TowpathProgram.FreePort(), TowpathProgram.FreePort());
                await using var towpath = Towpath(port);
                await using var bare = Bare(otherPort);
                await first.OfAsync(towpath, port, cancel);
                await first.OfAsync(bare, otherPort, cancel);
                await Task.Delay(idle, cancel);
                pss.Add(new Pair(ProcessMeter.PssMegabytes(towpath.Pid), ProcessMeter.PssMegabytes(bare.Pid)));
                alone.Add(new Pair(ProcessMeter.PrivateMegabytes(towpath.Pid), ProcessMeter.PrivateMegabytes(bare.Pid)));
            }

            return (pss, alone);
        }

        private Child Towpath(int port) => program.Start("server", place.At("server"), "--listen", TowpathProgram.Local(port));

        private Child Bare(int port) => Child.Start(
            Environment.ProcessPath!, BareServer.Verb, "--folder", place.At("bare"), "--port", port.ToString(CultureInfo.InvariantCulture));
    }
}
