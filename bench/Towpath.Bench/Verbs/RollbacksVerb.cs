using System.CommandLine;
using System.Globalization;
using Towpath.Bench.Delivery;
using Towpath.Bench.Machine;
using Towpath.Bench.Measuring;
using Towpath.Engine.Views;

namespace Towpath.Bench.Verbs;

/// <summary>
/// From the moment at which going back is in the journal to the start of the last request that the version which is taken back gets.
/// </summary>
internal static class RollbacksVerb
{
    private const double P95AtMost = 100;

    /// <summary>Long enough that measuring is under way.</summary>
    private const int Tried = 20;

    private const string Canary = "rollout: { canary: [50%], sticky: false, dwell: 6s, longest: 15m }";
    private const string Withdrawal = "withdrawal-began.v1";
    private const string Offer = "deployment-offered.v1";

    private static readonly Option<int> Verdicts = MeasuringVerb.Count("--verdicts", "Rollbacks of a canary by the judge", 20);
    private static readonly Option<int> Canaries = MeasuringVerb.Count("--canaries", "Rollbacks of a canary by hand", 90);
    private static readonly Option<int> Lives = MeasuringVerb.Count("--lives", "Rollbacks by hand of what is live, the version before still running", 90);
    private static readonly Option<int> Colds = MeasuringVerb.Count("--colds", "The same, the version before not running any more", 20);
    private static readonly Option<int> PerSecond = MeasuringVerb.Count("--rate", "Requests a second", 200);

    public static Command Create() => MeasuringVerb.Create(
        "rollbacks", "From a rollback in the journal to the last request of what is taken back",
        [Verdicts, Canaries, Lives, Colds, PerSecond], MeasureAsync);

    private static async Task<(IReadOnlyList<Figure>, IReadOnlyList<Target>)> MeasureAsync(
        ParseResult typed, TowpathProgram program, Place place, CancellationToken cancel)
    {
        await using var production = await Production.OpenAsync(program, place, typed.GetValue(PerSecond), cancel);
        await production.BeginAsync(errors: 0, cancel);
        var trip = new Trip(production);
        await trip.EachAsync("by verdict", typed.GetValue(Verdicts), trip.VerdictAsync, cancel);
        await trip.EachAsync("by hand, in a canary", typed.GetValue(Canaries), trip.CanaryAsync, cancel);
        await trip.EachAsync("by hand, live", typed.GetValue(Lives), trip.LiveAsync, cancel);
        var warm = trip.All.ToList();
        trip.All.Clear();
        await trip.EachAsync("by hand, live, the version before not running", typed.GetValue(Colds), trip.ColdAsync, cancel);
        List<Figure> figures = [.. trip.Figures];
        List<Target> targets = [];
        Conclude("while both run", warm);
        Conclude("beyond start-up and health, when it no longer runs", trip.All);
        targets.Add(new("requests that nobody answered", "", production.Visitors.Lost, 0));
        return (figures, targets);

        void Conclude(string when, List<double> milliseconds)
        {
            if (milliseconds.Count == 0)
                return;
            var sample = Sample.Of(milliseconds);
            figures.Add(new($"rollback to last request, {when}", "all", "ms", sample));
            figures.Add(new($"the longest, {when}", "all", "ms", Sample.Of([milliseconds.Max()])));
            targets.Add(new($"rollback to last request, {when}, p95", "ms", sample.P95, P95AtMost));
        }
    }

    private sealed class Trip(Production production)
    {
        private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);
        private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

        private readonly Visitors visitors = production.Visitors;
        private readonly List<double> starts = [];

        /// <summary>Milliseconds of each so far.</summary>
        public List<double> All { get; } = [];

        public List<Figure> Figures { get; } = [];

        public async Task EachAsync(string kind, int count, Func<CancellationToken, Task<double>> measure, CancellationToken cancel)
        {
            var milliseconds = new List<double>();
            for (var number = 1; number <= count; number++)
            {
                visitors.Forget();
                milliseconds.Add(await measure(cancel));
                MeasuringVerb.Say(string.Create(CultureInfo.InvariantCulture, $"{kind} {number} of {count}: {milliseconds[^1]:0} ms"));
            }

            All.AddRange(milliseconds);
            if (count > 0)
                Figures.Add(new("rollback to last request", kind, "ms", Sample.Of(milliseconds)));
            if (starts.Count > 0)
                Figures.Add(new("start-up and health of the version before", kind, "ms", Sample.Of(starts)));
        }

        public async Task<double> VerdictAsync(CancellationToken cancel)
        {
            var ended = await production.EndAsync(await production.PushAsync(errors: 0.5, Canary, cancel), Soon, cancel);
            return ended.State == "rolled-back"
                ? Since(production.RecordedAt(Withdrawal), ended)
                : throw new InvalidOperationException($"A version that fails half of its requests is {ended.State}: {ended.Reason}");
        }

        public async Task<double> CanaryAsync(CancellationToken cancel)
        {
            var tried = await production.TriedAsync(await production.PushAsync(errors: 0, Canary, cancel), Tried, cancel);
            await production.RollBackAsync(cancel);
            return Since(production.RecordedAt(Withdrawal), tried);
        }

        public async Task<double> LiveAsync(CancellationToken cancel)
        {
            var live = await ArriveAsync(Canary, cancel);
            await production.RollBackAsync(cancel);
            return Since(production.RecordedAt(Offer), live);
        }

        public async Task<double> ColdAsync(CancellationToken cancel)
        {
            var before = (await production.UntilAsync("nothing is live", Soon, shown => shown.Live is not null, cancel)).Live!.Release;
            await UntilVisitedAsync(before, cancel);
            var pid = visitors.AnyOf(before)!.Value.Pid;
            var live = await ArriveAsync("keepWarm: 0s", cancel);
            while (Directory.Exists($"/proc/{pid}"))
                await Task.Delay(Look, cancel);
            visitors.Forget();
            await UntilVisitedAsync(Production.ReleaseOf(live), cancel);
            await production.RollBackAsync(cancel);
            await UntilVisitedAsync(before, cancel);
            var start = visitors.AnyOf(before)!.Value.StartMs;
            starts.Add(start);
            return Since(production.RecordedAt(Offer), live) - start;
        }

        /// <summary>A version that goes live.</summary>
        private async Task<DeploymentView> ArriveAsync(string more, CancellationToken cancel)
        {
            var run = await production.PushAsync(errors: 0, more, cancel);
            if (more == Canary)
            {
                await production.TriedAsync(run, Tried, cancel);
                await production.AdvanceAsync(cancel);
            }

            var live = await production.EndAsync(run, Soon, cancel);
            return live.State == "live" ? live : throw new InvalidOperationException($"It is {live.State}: {live.Reason}");
        }

        private async Task UntilVisitedAsync(string release, CancellationToken cancel)
        {
            while (visitors.AnyOf(release) is null)
                await Task.Delay(Look, cancel);
        }

        private double Since(DateTime recorded, DeploymentView takenBack) =>
            Math.Max(0, (visitors.LastOf(Production.ReleaseOf(takenBack))!.Value - recorded).TotalMilliseconds);
    }
}
