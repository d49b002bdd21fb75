using System.CommandLine;
using System.Globalization;
using Towpath.Bench.Canary;
using Towpath.Bench.Delivery;
using Towpath.Bench.Machine;
using Towpath.Bench.Measuring;

namespace Towpath.Bench.Verbs;

/// <summary>
/// Canaries of real processes: versions that fail more, versions that do not, traffic that stops in the middle, and a server that
/// is killed in the middle.
/// </summary>
internal static class RolloutsVerb
{
    private const double Rate = 0.01;
    private const double Worse = 0.06;
    private const double Share = 0.1;
    private const double Alpha = 0.01;
    private const int BadDwell = 60;
    private const double PredictedAtMost = 1.5;
    private const double GoodRolledBackAtMost = 3.0 / 50;

    /// <summary>Of a block that was begun before the first request that is counted, and of one that is not over.</summary>
    private const double BeyondShareAtMost = 4;

    private static readonly Option<int> Bad = MeasuringVerb.Count("--bad", "Versions that fail more", 20);
    private static readonly Option<int> Good = MeasuringVerb.Count("--good", "Versions that do not", 50);
    private static readonly Option<int> PerSecond = MeasuringVerb.Count("--rate", "Requests a second", 200);
    private static readonly Option<int> Trials = MeasuringVerb.Count("--trials", "Simulated rollouts for the prediction", 2000);
    private static readonly Option<int> GoodDwell = MeasuringVerb.Count("--dwell", "Seconds that a good version is looked at, at least", 6);
    private static readonly Option<string[]> Parts = OnlyParts();

    public static Command Create() => MeasuringVerb.Create(
        "rollouts", "Canaries of real processes: how soon bad versions are back, how often good ones arrive",
        [Bad, Good, PerSecond, Trials, GoodDwell, Parts], MeasureAsync);

    private static Option<string[]> OnlyParts()
    {
        var option = new Option<string[]>("--part")
        {
            Description = "Only this part; may be repeated [default: all]",
            HelpName = "bad|good|silence|kill",
        };
        option.AcceptOnlyFromAmong("bad", "good", "silence", "kill");
        return option;
    }

    private static async Task<(IReadOnlyList<Figure>, IReadOnlyList<Target>)> MeasureAsync(
        ParseResult typed, TowpathProgram program, Place place, CancellationToken cancel)
    {
        var perSecond = typed.GetValue(PerSecond);
        await using var production = await Production.OpenAsync(program, place, perSecond, cancel);
        var trip = new Trip(production, typed.GetValue(GoodDwell));
        MeasuringVerb.Say($"{Percent(Share)} of {perSecond} requests a second, alpha {Percent(Alpha)}. "
            + $"Bad versions with the default dwell of {BadDwell} s, measured {trip.BadBin.TotalSeconds:0} s at a time; "
            + $"good ones with one step and a dwell of {typed.GetValue(GoodDwell)} s, measured {trip.GoodBin.TotalSeconds:0} s at a time.");
        await production.BeginAsync(Rate, cancel);
        var wanted = typed.GetValue(Parts) is { Length: > 0 } some ? some : ["bad", "silence", "kill", "good"];
        // Towpath compares with what the live version has answered before.
        await Task.Delay(TimeSpan.FromSeconds(20), cancel);
        if (wanted.Contains("bad"))
            await trip.BadAsync(typed.GetValue(Bad), typed.GetValue(Trials), cancel);
        if (wanted.Contains("silence"))
            await trip.SilenceAsync(cancel);
        if (wanted.Contains("kill"))
            await trip.KillAsync(cancel);
        if (wanted.Contains("good"))
            await trip.GoodAsync(typed.GetValue(Good), cancel);
        trip.Targets.Add(new("requests that nobody answered", "", production.Visitors.Lost, 0));
        return (trip.Figures, trip.Targets);
    }

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.##} %");

    /// <summary>The parts of the measurement, one after the other in one environment.</summary>
    private sealed class Trip(Production production, int goodDwell)
    {
        private const int Tried = 20;
        private static readonly TimeSpan Longest = TimeSpan.FromMinutes(20);
        private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

        /// <summary>A lease is given for a measurement and so much more.</summary>
        private static readonly TimeSpan LeaseBeyond = TimeSpan.FromSeconds(20);

        /// <summary>For the last command to reach the agent and the router, and for the last request under way.</summary>
        private static readonly TimeSpan UnderWay = TimeSpan.FromSeconds(1);
        private static readonly TimeSpan Away = TimeSpan.FromSeconds(10);

        private readonly Visitors visitors = production.Visitors;

        public List<Figure> Figures { get; } = [];

        public List<Target> Targets { get; } = [];

        public TimeSpan BadBin { get; } = BinOf(BadDwell);

        public TimeSpan GoodBin { get; } = BinOf(goodDwell);

        public async Task BadAsync(int count, int trials, CancellationToken cancel)
        {
            MeasuringVerb.Say("simulating what to expect");
            var predicted = Prediction.Requests(visitors.PerSecond, Rate, Worse, Share, Alpha, BadBin, trials);
            var (requests, beyond, byEvidence) = (new List<double>(), new List<double>(), 0);
            for (var number = 1; number <= count; number++)
            {
                visitors.Forget();
                var ended = await production.EndAsync(await production.PushAsync(Worse, Rollout(BadDwell), cancel), Longest, cancel);
                MeasuringVerb.Say($"bad {number} of {count}: {ended.State}. {ended.Reason}");
                var window = Window(Production.ReleaseOf(ended));
                byEvidence += ended.State == "rolled-back" && ended.Reason.StartsWith("The new version answers", StringComparison.Ordinal) ? 1 : 0;
                requests.Add(window.Count);
                beyond.Add(window.Count(visit => visit.Release == Production.ReleaseOf(ended)) - (Share * window.Count));
            }

            var what = $"requests until rollback: {Percent(Rate)} to {Percent(Worse)} errors, canary {Percent(Share)}, bins of {BadBin.TotalSeconds:0} s";
            var step = BadBin.TotalSeconds * visitors.PerSecond;
            var (measured, expected) = (Prediction.MedianOfSteps(requests, step), Prediction.MedianOfSteps(predicted, step));
            Figures.Add(new(what, "towpath", "requests", Sample.Of(requests)));
            Figures.Add(new(what, "simulated", "requests", Sample.Of(predicted)));
            Figures.Add(new("the median, within its bin", "towpath", "requests", Sample.Of([measured])));
            Figures.Add(new("the median, within its bin", "simulated", "requests", Sample.Of([expected])));
            Figures.Add(new("requests of a bad version beyond its share", "towpath", "requests", Sample.Of(beyond)));
            Targets.Add(new("bad versions rolled back by evidence", $"of {count}", byEvidence, count, IsFloor: true));
            Targets.Add(new("requests until rollback, median, times the simulation's", "x", measured / expected, PredictedAtMost));
            Targets.Add(new("requests beyond the share, most of all rollouts", "requests", beyond.Max(), BeyondShareAtMost));
        }

        public async Task GoodAsync(int count, CancellationToken cancel)
        {
            var (seconds, states) = (new List<double>(), new List<string>());
            for (var number = 1; number <= count; number++)
            {
                visitors.Forget();
                var ended = await production.EndAsync(await production.PushAsync(Rate, Rollout(goodDwell), cancel), Longest, cancel);
                MeasuringVerb.Say($"good {number} of {count}: {ended.State}. {ended.Reason}");
                states.Add(ended.State);
                if (ended.EndedAt is { } at)
                    seconds.Add((at - ended.StartedAt!.Value).TotalSeconds);
                else
                    await production.RollBackAsync(cancel);
            }

            if (seconds.Count > 0)
                Figures.Add(new($"from the start of a good version's deployment to its end, bins of {GoodBin.TotalSeconds:0} s", "towpath", "s", Sample.Of(seconds)));
            Targets.Add(new("good versions rolled back", $"of {count}", states.Count(state => state == "rolled-back"), Math.Ceiling(count * GoodRolledBackAtMost)));
            Targets.Add(new("good versions neither live nor rolled back", "", states.Count(state => state is not ("live" or "rolled-back")), 0));
        }

        public async Task SilenceAsync(CancellationToken cancel)
        {
            const string Sentence = "Neither version has had a request";
            visitors.Forget();
            var run = await production.PushAsync(Rate, Rollout(goodDwell), cancel);
            var before = await production.TriedAsync(run, Tried, cancel);
            await visitors.LeaveAsync();
            var begun = TimeProvider.System.GetTimestamp();
            await production.UntilAsync(
                run, "said to have no requests", Soon, deployment => deployment.Rollout is { Verdict: "no-data" } || deployment.EndedAt is not null, cancel);
            var seconds = TimeProvider.System.GetElapsedTime(begun).TotalSeconds;
            await Task.Delay(Away, cancel);
            var held = await production.UntilAsync(run, "there", Soon, _ => true, cancel);
            var said = await production.Parts.SayAsync(["envs", "show", Production.Environment, "--project", TowpathApi.Project], cancel);
            var isHeld = held is { EndedAt: null, Rollout.Verdict: "no-data" } && held.Rollout.Share == before.Rollout?.Share;
            MeasuringVerb.Say($"without traffic: {held.State}. {held.Rollout?.Says}");
            visitors.Come();
            var ended = await production.EndAsync(run, Longest, cancel);
            MeasuringVerb.Say($"with traffic again: {ended.State}. {ended.Reason}");
            Figures.Add(new("from the last request until it is said that there are none", "towpath", "s", Sample.Of([seconds])));
            Holds("without traffic it stays at its step", isHeld);
            Holds("'envs show' says so", said.ReplaceLineEndings(" ").Contains(Sentence, StringComparison.Ordinal));
            Holds("it goes on when traffic returns, and arrives", ended.State == "live");
        }

        public async Task KillAsync(CancellationToken cancel)
        {
            visitors.Forget();
            var run = await production.PushAsync(Rate, Rollout(goodDwell), cancel);
            var release = Production.ReleaseOf(await production.TriedAsync(run, Tried, cancel));
            await production.Parts.KillServerAsync();
            var killed = DateTime.UtcNow;
            // As long as nobody can judge it, and some time more in which it must get nothing.
            await Task.Delay(GoodBin + LeaseBeyond + Away, cancel);
            var last = visitors.LastOf(release)!.Value;
            var lent = Math.Max(0, (last - killed).TotalSeconds);
            var silent = visitors.Visits.Count(visit => visit.Begun > last);
            MeasuringVerb.Say(string.Create(
                CultureInfo.InvariantCulture, $"server killed: the last request of the new version came {lent:0.0} s later, then {silent} others"));
            await production.Parts.StartServerAsync(cancel);
            var back = DateTime.UtcNow;
            await production.UntilAsync(
                run, "tried again", Soon, deployment => deployment.EndedAt is not null || visitors.LastOf(release) > back, cancel);
            var again = (DateTime.UtcNow - back).TotalSeconds;
            var wentOn = visitors.LastOf(release) > back;
            var ended = await production.EndAsync(run, Longest, cancel);
            MeasuringVerb.Say($"server back: {ended.State}. {ended.Reason}");
            if (ended.EndedAt is null)
                await production.RollBackAsync(cancel);
            Figures.Add(new("from the server's death to the new version's last request", "towpath", "s", Sample.Of([lent])));
            Figures.Add(new("from the server's return to the new version's next request", "towpath", "s", Sample.Of([again])));
            Targets.Add(new("the lease lapses after", "s", lent, (GoodBin + LeaseBeyond + UnderWay).TotalSeconds));
            Holds("requests go to the live version meanwhile", silent > 0);
            Holds("it goes on when the server is back, and arrives", wentOn && ended.State == "live");
        }

        private void Holds(string what, bool isSo) => Targets.Add(new(what, "", isSo ? 1 : 0, 1, IsFloor: true));

        /// <summary>From the first request of a version to its last.</summary>
        private List<Visit> Window(string release)
        {
            var visits = visitors.Visits.ToList();
            var (first, last) = (visits.FindIndex(IsIts), visits.FindLastIndex(IsIts));
            return first < 0 ? [] : visits[first..(last + 1)];

            bool IsIts(Visit visit) => visit.Release == release;
        }

        private static string Rollout(int dwell) =>
            $"rollout: {{ canary: [{Percent(Share).Replace(" ", "", StringComparison.Ordinal)}], sticky: false, dwell: {dwell}s, longest: 5m }}";

        /// <summary>As the product chooses it: short rollouts look more often.</summary>
        private static TimeSpan BinOf(int dwell) => TimeSpan.FromSeconds(Math.Clamp(dwell / 6, 1, 10));
    }
}
