using Towpath.Core.Environments;
using Towpath.Core.Environments.Analysis;
using Towpath.Core.Environments.Analysis.Bands;
using Towpath.Core.Pipelines;

namespace Towpath.Engine.Views;

/// <summary>What a canary has shown so far, or had shown when it ended.</summary>
/// <param name="Worse">The largest e-value so far that the new version is worse, over all metrics; from 1 on.</param>
/// <param name="Needed">From this on it is taken back: 1/α.</param>
/// <param name="NotWorseNeeded">From this on, of each metric, it may go on.</param>
public sealed record EvidenceView(double Worse, double Needed, double NotWorseNeeded, IReadOnlyList<MetricView> Metrics)
{
    /// <summary>Null where nothing is compared.</summary>
    internal static EvidenceView? Of(EnvironmentState state, Deployment deployment)
    {
        if (deployment.Canary is not { } canary || deployment.Definition(state.Name)?.Rollout is not { Judge: JudgeKind.Sequential } rollout)
            return null;
        var evidence = canary.Evidence;
        return new(
            Capped(evidence.HighestWorse), 1 / rollout.Alpha, evidence.Settings.PromotionThreshold,
            MetricView.Latency(evidence) is { } latency ? [MetricView.Errors(evidence), latency] : [MetricView.Errors(evidence)]);
    }

    internal static double Capped(double logarithm) => Math.Min(double.MaxValue, Math.Exp(logarithm));
}

/// <summary>One metric of both versions.</summary>
/// <param name="Name"><c>errors</c> or <c>latency</c>.</param>
/// <param name="SlowerThan">
/// For latency: the rates are of requests that took more than so many milliseconds, which is the live version's 95th percentile or what
/// comes nearest to it.
/// </param>
/// <param name="Worse">The e-value that the new version is worse.</param>
/// <param name="NotWorse">The e-value that it is not, at its present share.</param>
public sealed record MetricView(string Name, double? SlowerThan, RateView New, RateView Live, double Worse, double NotWorse)
{
    private const double Usually = 0.05;

    internal static MetricView Errors(Evidence evidence) => Of(
        "errors", null, evidence.Total, evidence.LogWorseErrors, evidence.Errors.NotWorse.LogE);

    /// <summary>Null where no latency is measured.</summary>
    internal static MetricView? Latency(Evidence evidence)
    {
        if (evidence.LogWorseLatency is not { } worse)
            return null;
        var edge = Enumerable.Range(0, evidence.Slower.Count).MinBy(each => Math.Abs(evidence.History.SlowerRate(each) - Usually));
        return Of(
            "latency", evidence.History.Edges[edge], evidence.Slower[edge].Seen, worse, evidence.Slower.Select(each => each.NotWorse.LogE).Min());
    }

    private static MetricView Of(string name, double? slowerThan, Block seen, double logWorse, double logNotWorse) => new(
        name, slowerThan, RateView.Of(seen.CandidateHits, seen.CandidateRequests), RateView.Of(seen.BaselineHits, seen.BaselineRequests),
        EvidenceView.Capped(logWorse), EvidenceView.Capped(logNotWorse));
}

/// <summary>A share of a version's requests.</summary>
/// <param name="Requests">That count so far.</param>
/// <param name="Rate">0 to 1; null: there were no requests.</param>
/// <param name="Low">Where the rate lies with 95 % probability, however often one looks.</param>
/// <param name="High">The upper end of the same.</param>
public sealed record RateView(double Requests, double? Rate, double Low, double High)
{
    private const double Missed = 0.05;
    private const double Tight = 1000;

    internal static RateView Of(double hits, double requests)
    {
        var (low, high) = RateBand.Of(hits, requests, Missed, Tight);
        return new(requests, requests > 0 ? hits / requests : null, low, high);
    }
}
