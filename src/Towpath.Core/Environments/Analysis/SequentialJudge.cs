using System.Globalization;
using Towpath.Core.Environments.Analysis.Numerics;

namespace Towpath.Core.Environments.Analysis;

/// <summary>What follows from the evidence, and the sentence that says so.</summary>
public static class SequentialJudge
{
    /// <param name="share">The candidate's share of traffic in this step, 0 to 1.</param>
    /// <param name="inStep">For how long the step has lasted.</param>
    public static Judgement Judge(Evidence evidence, double share, TimeSpan inStep)
    {
        var settings = evidence.Settings;
        var metrics = MetricsOf(evidence);
        var silence = evidence.Quiet.Of(evidence.History.RequestsPerSecond, settings.BinSeconds);
        var (verdict, reason) = evidence switch
        {
            _ when evidence.Twin?.Highest >= Needed(settings) => (Verdict.Unreliable,
                "The live version differs from itself by as much as would be a rollback: its requests do not fail independently of each other, "
                + "and no comparison with them means anything."),
            _ when evidence.HighestWorse >= Needed(settings) => (Verdict.Worse, WhyWorse(evidence, metrics)),
            _ when silence != Silence.None => (Verdict.NoData, WhySilent(evidence, silence)),
            _ when inStep >= settings.LeastDwell && IsNotWorse(evidence, share, metrics) => (Verdict.NotWorse, WhyNotWorse(evidence, metrics)),
            _ => (Verdict.Undecided, WhyUndecided(evidence, share, metrics, inStep)),
        };
        return new(
            verdict, reason, metrics, evidence.HighestWorse, verdict == Verdict.Undecided && inStep >= settings.LongestStep,
            verdict == Verdict.NoData ? silence : Silence.None);
    }

    private static double Needed(AnalysisSettings settings) => Math.Log(1 / settings.Alpha);

    private static bool IsNotWorse(Evidence evidence, double share, ValueList<MetricEvidence> metrics) =>
        share == evidence.Share && metrics.All(metric => metric.LogNotWorse >= Math.Log(evidence.Settings.PromotionThreshold));

    private static ValueList<MetricEvidence> MetricsOf(Evidence evidence)
    {
        var (settings, total) = (evidence.Settings, evidence.Total);
        ValueList<Line> lines = settings.Floor > 0 ? [new(settings.Tolerated, 0), new(1, settings.Floor)] : [new(settings.Tolerated, 0)];
        var errors = new MetricEvidence(
            "errors", evidence.LogWorseErrors, evidence.Errors.NotWorse.LogE,
            Share(total.CandidateHits, total.CandidateRequests), Share(total.BaselineHits, total.BaselineRequests), null,
            DetectableEffect.Rate(
                total.CandidateRequests, total.BaselineRequests, evidence.Errors.Expected, lines, settings.Alpha,
                evidence.Errors.Dispersion.Value));
        return evidence.LogWorseLatency is { } latency ? [errors, LatencyOf(evidence, latency)] : [errors];
    }

    private static MetricEvidence LatencyOf(Evidence evidence, double logWorse)
    {
        var most = Enumerable.Range(0, evidence.Slower.Count).MaxBy(edge => evidence.Slower[edge].LogWorse);
        var (edge, settings) = (evidence.Slower[most], evidence.Settings);
        var seen = edge.Seen;
        return new(
            "latency", logWorse, evidence.Slower.Select(each => each.NotWorse.LogE).Min(),
            Share(seen.CandidateHits, seen.CandidateRequests), Share(seen.BaselineHits, seen.BaselineRequests),
            most < evidence.History.Edges.Count ? evidence.History.Edges[most] : null,
            DetectableEffect.Rate(
                seen.CandidateRequests, seen.BaselineRequests, edge.Expected, [new Line(settings.Tolerated, 0), new Line(1, settings.LatencyFloor)],
                settings.Alpha,
                edge.Dispersion.Value));
    }

    private static string WhyWorse(Evidence evidence, ValueList<MetricEvidence> metrics)
    {
        var combined = evidence.Combined();
        return combined.Count == 1 || combined[0] >= combined[1] ? Errors(metrics[0]) + "." : Latency(metrics[1]) + ".";
    }

    private static string WhySilent(Evidence evidence, Silence silence)
    {
        var quiet = evidence.Quiet;
        return silence == Silence.Both
            ? $"Neither version has had a request for {Seconds(quiet.BothBins)}."
            : $"The new version has had no request for {Seconds(quiet.CandidateBins)}, while the live one has.";

        string Seconds(int bins) => Invariant($"{bins * evidence.Settings.BinSeconds:0} s");
    }

    private static string WhyNotWorse(Evidence evidence, ValueList<MetricEvidence> metrics) =>
        $"{Errors(metrics[0])}; {Percent(evidence.Errors.NotWorse.Line.Margin)} more is ruled out"
        + (metrics.Count > 1 ? ", and so is that it is slower." : ".");

    private static string WhyUndecided(Evidence evidence, double share, ValueList<MetricEvidence> metrics, TimeSpan inStep)
    {
        var requests = evidence.Total.CandidateRequests;
        if (requests == 0)
            return "The new version has had no requests that count yet.";
        if (IsNotWorse(evidence, share, metrics) && inStep < evidence.Settings.LeastDwell)
            return Invariant($"It looks well, and the step goes on until it has lasted {evidence.Settings.LeastDwell.TotalSeconds:0} s.");
        if (!evidence.IsSettled && metrics[0].LogNotWorse >= Math.Log(evidence.Settings.PromotionThreshold))
            return "It fails no more of its requests. Whether it is slower counts once it has stopped getting quicker after its start.";
        var seen = metrics[0].Detectable is { } rate ? $"{Percent(rate)} errors would have shown" : "not even errors alone would have shown";
        return Invariant($"After {requests} {(requests == 1 ? "request" : "requests")} to the new version nothing is clear: {seen}.");
    }

    private static string Errors(MetricEvidence errors) =>
        $"The new version answers {Percent(errors.CandidateRate ?? 0)} of its requests with an error, the live one {Percent(errors.BaselineRate ?? 0)}";

    private static string Latency(MetricEvidence latency)
    {
        var edge = latency.SlowerThan is { } milliseconds ? Invariant($"than {Math.Round(milliseconds, milliseconds < 10 ? 3 : 1)} ms") : "than is usual";
        return $"The new version answers {Percent(latency.CandidateRate ?? 0)} of its requests slower {edge}, the live one {Percent(latency.BaselineRate ?? 0)}";
    }

    private static double? Share(long hits, long requests) => requests == 0 ? null : (double)hits / requests;

    /// <summary>With as many digits as tell rates of errors apart.</summary>
    private static string Percent(double rate) => (rate * 100) switch
    {
        >= 99.95 => "100 %",
        >= 1 and var percent => Invariant($"{percent:0.0} %"),
        >= 0.095 and var percent => Invariant($"{percent:0.00} %"),
        0 => "0 %",
        var percent => Invariant($"{percent:0.000} %"),
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
