using System.CommandLine;
using System.Diagnostics;
using Towpath.Bench.Canary;
using Towpath.Bench.Machine;
using Towpath.Bench.Measuring;
using Towpath.Core;
using Towpath.Core.Environments.Analysis;
using Command = System.CommandLine.Command;

namespace Towpath.Bench.Verbs;

/// <summary>How often the canary judge is wrong and how soon it is right, in seeded simulations beside what others do.</summary>
internal static class CanaryVerb
{
    private const double Alpha = 0.05;
    private const double WithinFigure = 1.05;
    private const int FalseMinutes = 180;
    private const int FoundMinutes = 60;
    private const double FoundTimes = 5;
    private const double MicrosecondsAtMost = 1000;

    private static readonly Option<int> Trials = MeasuringVerb.Count("--trials", "Rollouts for each median", 10_000);
    private static readonly Option<int> Rollbacks = MeasuringVerb.Count("--rollouts", "Rollouts for each share that is rolled back", 600);

    // Rate, times as many, canary's share, requests by the design's own simulation.
    private static readonly (double Rate, double Times, double Share, double Figure)[] RollbackFigures =
    [
        (0.001, 2, 0.05, 233_000), (0.001, 2, 0.2, 71_900), (0.001, 5, 0.05, 20_600), (0.001, 5, 0.2, 5920),
        (0.001, 50, 0.05, 688), (0.001, 50, 0.2, 284), (0.01, 2, 0.05, 23_700), (0.01, 2, 0.2, 7291),
        (0.01, 5, 0.05, 2102), (0.01, 5, 0.2, 602),
    ];

    private static readonly (string What, double Slow, double Times, double Figure)[] LatencyFigures =
    [
        ("all requests take 1.25 times as long", 1, 1.25, 4400), ("all requests take 1.5 times as long", 1, 1.5, 1200),
        ("5 % of requests take 10 times as long", 0.05, 10, 3600),
    ];

    // The share of rollouts found within an hour and the median minute, by the design's own simulation.
    private static readonly (double Share, double Minute)[] FoundFigures = [(1, 1), (1, 4), (1, 1), (0.5, FoundMinutes), (1, 8)];

    public static Command Create() => MeasuringVerb.Create(
        "canary", "How often the canary judge is wrong and how soon it is right, simulated", [Trials, Rollbacks],
        (typed, _, _, _) => Task.FromResult(Measure(typed.GetValue(Trials), typed.GetValue(Rollbacks))));

    private static (IReadOnlyList<Figure>, IReadOnlyList<Target>) Measure(int trials, int rollouts)
    {
        var (figures, targets) = (new List<Figure>(), new List<Target>());
        FalseRollbacks(rollouts, figures, targets);
        Found(rollouts, figures, targets);
        Requests(trials, figures, targets);
        ColdStarts(rollouts, figures, targets);
        Cost(figures, targets);
        return (figures, targets);
    }

    private static (string Name, bool IsOurs, Func<Rule> Make)[] RulesFor(Traffic traffic) =>
    [
        ("judge", true, () => new JudgeRule(traffic, Alpha, 1)),
        ("errors alone", true, () => new ErrorsAloneRule(Alpha, 1)),
        ("Mann-Whitney each minute", false, () => new RepeatedTestRule()),
        ("Kayenta", false, () => new KayentaRule()),
        ("Argo, failureLimit 0", false, () => new LimitRule(traffic, 1)),
        ("Flagger, 5 failed checks", false, () => new LimitRule(traffic, 5)),
    ];

    private static void FalseRollbacks(int trials, List<Figure> figures, List<Target> targets)
    {
        var most = Alpha + (3 * Math.Sqrt(Alpha * (1 - Alpha) / trials));
        var disturbed = Traffic.Columns[0] with { Name = "100/s, 1 %, canary 5 %, drift and outages", Disturbed = true };
        foreach (var (traffic, column) in Traffic.Columns.Append(disturbed).Select((traffic, column) => (traffic, column)))
        {
            foreach (var (rule, isOurs, make) in RulesFor(traffic))
            {
                MeasuringVerb.Say($"false rollbacks: {traffic.Name}, {rule}");
                var share = Rollouts.Simulate(traffic, 1, FalseMinutes, trials, column, make).Share;
                figures.Add(Share($"false rollback within 3 h: {traffic.Name}", rule, trials, share));
                if (isOurs)
                    targets.Add(new($"false rollback: {traffic.Name}, {rule}", "", share, most));
            }
        }

        foreach (var canary in new[] { 0.01, 0.05, 0.5 })
        {
            var what = $"false rollback in 100,000 errors, canary {canary * 100:0} %";
            MeasuringVerb.Say(what);
            var share = Each(trials, draws => Waits.IsEverWorse(draws, canary, 100_000, Alpha) ? 1 : 0).Average();
            figures.Add(Share(what, "errors alone", trials, share));
            targets.Add(new(what, "", share, most));
        }
    }

    private static void Found(int trials, List<Figure> figures, List<Target> targets)
    {
        foreach (var (traffic, column) in Traffic.Columns.Select((traffic, column) => (traffic, column)))
        {
            foreach (var (rule, _, make) in RulesFor(traffic))
            {
                MeasuringVerb.Say($"5 times the errors: {traffic.Name}, {rule}");
                var found = Rollouts.Simulate(traffic, FoundTimes, FoundMinutes, trials, 100 + column, make);
                figures.Add(Share($"5 times the errors found within 1 h: {traffic.Name}", rule, trials, found.Share));
                if (found.Share > 0)
                    figures.Add(new($"… the minute of those found: {traffic.Name}", rule, "min", Sample.Of(found.Found)));
                if (rule != "errors alone")
                    continue;
                var (share, minute) = FoundFigures[column];
                var error = Math.Sqrt(Math.Max(share * (1 - share), 0.01) / trials);
                targets.Add(new($"5 times the errors found: {traffic.Name}", "", found.Share, share - (3 * error), IsFloor: true));
                // Whole minutes: half a one more is the same minute.
                var median = found.Share > 0 ? Sample.Of(found.Found).Median : FalseMinutes;
                targets.Add(new($"5 times the errors, median: {traffic.Name}", "min", median, Math.Max(minute + 0.5, minute * WithinFigure)));
            }
        }
    }

    private static void Requests(int trials, List<Figure> figures, List<Target> targets)
    {
        foreach (var (rate, times, share, figure) in RollbackFigures)
        {
            var what = $"requests until rollback: {rate * 100:0.#} % errors x{times}, canary {share * 100:0} %";
            MeasuringVerb.Say(what);
            Add(what, "errors alone", figure, draws => Waits.UntilRollback(draws, rate, times, share, Alpha));
            figures.Add(new(what, "oracle", "requests", Sample.Of(Each(trials, draws => Waits.UntilOracle(draws, rate, times, share, Alpha)))));
        }

        foreach (var (what, slow, times, figure) in LatencyFigures)
        {
            MeasuringVerb.Say(what);
            Add($"requests until rollback: {what}, canary 5 %", "latency", figure, draws => Waits.UntilSlower(draws, slow, times, Alpha));
        }

        MeasuringVerb.Say("promotion");
        Add("canary's requests until promotion: 0.1 % errors, 0.5 % more ruled out, canary 5 %", "errors", 700,
            draws => Waits.UntilPromotion(draws, 0.001, 0.005, 20));

        void Add(string what, string of, double figure, Func<Draws, double> one)
        {
            var sample = Sample.Of(Each(trials, one));
            figures.Add(new(what, of, "requests", sample));
            targets.Add(new(what, "requests", sample.Median, figure * WithinFigure));
        }
    }

    /// <summary>A version that is as quick as the live one once it is warm, and one that is not.</summary>
    private static void ColdStarts(int trials, List<Figure> figures, List<Target> targets)
    {
        foreach (var start in ColdStart.All)
        {
            MeasuringVerb.Say($"cold starts: {start.Name}");
            foreach (var (rule, settles) in new[] { ("fixed warm-up of 10 s", false), ("judge", true) })
            {
                var share = Each(trials, draws => start.TakenBack(draws, 1, settles) is null ? 0 : 1).Average();
                figures.Add(Share($"good version taken back for latency within 10 min: {start.Name}", rule, trials, share));
                if (settles)
                    targets.Add(new($"good version taken back: {start.Name}", "", share, ColdStart.TakenBackAtMost));
                var found = Each(trials, draws => start.TakenBack(draws, 1.5, settles) ?? double.NaN).Where(double.IsFinite).ToList();
                figures.Add(Share($"version that takes 1.5 times as long taken back within 10 min: {start.Name}", rule, trials, (double)found.Count / trials));
                if (found.Count > 0)
                    figures.Add(new($"… the second of those: {start.Name}", rule, "s", Sample.Of(found)));
            }
        }
    }

    /// <summary>One measurement with errors and five latency edges, added and judged.</summary>
    private static void Cost(List<Figure> figures, List<Target> targets)
    {
        const int bins = 3000, metrics = 2;
        var (draws, microseconds) = (new Draws(1), new List<double>());
        ValueList<long> history = [500_000, 250_000, 100_000, 50_000, 10_000];
        var evidence = Evidence.Begin(AnalysisSettings.For(10_000), new LiveHistory(10_000, 1_000_000, 1000, history, [10, 20, 40, 80, 250]));
        for (var bin = 0; bin < bins; bin++)
        {
            var next = new TrafficBin(0.05, Arm(draws, 5000), Arm(draws, 95_000));
            var begun = Stopwatch.GetTimestamp();
            evidence = evidence.Add(next);
            _ = evidence.Judge(0.05, TimeSpan.FromMinutes(1));
            microseconds.Add(Stopwatch.GetElapsedTime(begun).TotalMicroseconds / metrics);
        }

        var sample = Sample.Of(microseconds.Skip(bins / 10));
        figures.Add(new("a measurement and metric, added and judged", "judge", "us", sample));
        targets.Add(new("a measurement and metric, p95", "us", sample.P95, MicrosecondsAtMost));

        static ArmCounts Arm(Draws draws, long requests) => new(
            requests, draws.Binomial(requests, 0.001),
            Waits.EdgeRates.Select(rate => draws.Binomial(requests, rate)).ToValueList());
    }

    private static IReadOnlyList<double> Each(int trials, Func<Draws, double> one) =>
        [.. Enumerable.Range(0, trials).AsParallel().AsOrdered().Select(trial => one(new Draws(trial)))];

    private static Figure Share(string what, string of, int trials, double share) => new(what, of, "", new Sample(trials, share, share, share, share));
}
