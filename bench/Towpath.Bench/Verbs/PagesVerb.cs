using System.CommandLine;
using Towpath.Bench.Machine;
using Towpath.Bench.Measuring;
using Towpath.Core;
using Towpath.Simulation.Histories;
using Command = System.CommandLine.Command;

namespace Towpath.Bench.Verbs;

/// <summary>What a look at a company's whole work costs: many projects, each with a history and visitors, on one page.</summary>
internal static class PagesVerb
{
    private const double MillisecondsAtMost = 50;
    private const double KilobytesAtMost = 40;
    private const string Brotli = "br";

    private static readonly Option<int> Projects = MeasuringVerb.Count("--projects", "Projects, with three environments each", 200);
    private static readonly Option<int> Events = MeasuringVerb.Count("--events", "Events of their histories", 10_000);
    private static readonly Option<int> Looks = MeasuringVerb.Count("--looks", "Times that each page is asked for", 100);
    private static readonly Option<string?> Save = new("--save") { Description = "Write the overview to this file, to look at it", HelpName = "FILE" };

    public static Command Create() => MeasuringVerb.Create(
        "pages", "The overview of two hundred projects: how long it takes, and how large it is", [Projects, Events, Looks, Save], MeasureAsync);

    private static async Task<(IReadOnlyList<Figure>, IReadOnlyList<Target>)> MeasureAsync(
        ParseResult typed, TowpathProgram program, Place place, CancellationToken cancel)
    {
        await using var server = new GrownServer(program, place.At("pages"), typed.GetValue(Projects), alike: true);
        MeasuringVerb.Say($"making {typed.GetValue(Projects)} projects with {typed.GetValue(Events)} events");
        server.Grow(typed.GetValue(Events));
        var environments = EnvironmentsIn(server);
        using var first = new FirstAnswer();
        await server.RunAsync(first, cancel);
        await using var busy = await BusyEnvironments.StartAsync(server.Door, environments, cancel);

        var (figures, targets) = (new List<Figure>(), new List<Target>());
        figures.Add(new("environments with figures", "towpath", "", Sample.Of([environments.Count])));
        await MeasureAsync("overview", "", null);
        var (took, size) = await MeasureAsync("overview, brotli", "", Brotli);
        targets.Add(new("overview, brotli, median", "ms", took, MillisecondsAtMost));
        targets.Add(new("overview, brotli", "kB", size, KilobytesAtMost));
        await MeasureAsync("its figures, every ten seconds, brotli", "-/figures", Brotli);
        await MeasureAsync("page of a project, brotli", environments[0].Project, Brotli);
        if (typed.GetValue(Save) is { } file)
            await File.WriteAllTextAsync(file, await server.TextAsync("", cancel), cancel);
        return (figures, targets);

        async Task<(double Milliseconds, double Kilobytes)> MeasureAsync(string what, string path, string? encoding)
        {
            const int warmUp = 30;
            MeasuringVerb.Say(what);
            var (times, bytes) = (new List<double>(), 0);
            for (var look = -warmUp; look < typed.GetValue(Looks); look++)
            {
                (var time, bytes) = await server.LookAsync(path, encoding, cancel);
                if (look >= 0)
                    times.Add(time);
            }

            figures.Add(new(what, "towpath", "ms", Sample.Of(times)));
            figures.Add(new(what, "towpath", "kB", Sample.Of([bytes / 1000.0])));
            return (figures[^2].Sample.Median, bytes / 1000.0);
        }
    }

    private static List<(string Project, string Environment)> EnvironmentsIn(GrownServer server)
    {
        using var journal = server.OpenJournal();
        return [.. History.StreamsIn(journal).Select(StreamId.Parse).Where(stream => stream.Environment is not null).Select(stream => (stream.Project, stream.Environment!))];
    }
}
