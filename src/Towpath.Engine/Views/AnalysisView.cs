using Towpath.Core;
using Towpath.Core.Environments;
using Towpath.Core.Environments.Analysis;

namespace Towpath.Engine.Views;

/// <summary>What the judge of a canary saw, measurement by measurement, and what it made of it.</summary>
/// <param name="Verdict">What has been shown by the last measurement: <c>worse</c>, <c>not-worse</c>, <c>undecided</c>, <c>no-data</c>, <c>unreliable</c>.</param>
/// <param name="Says">The same in a sentence.</param>
/// <param name="Record">The raw figures, and the settings they were judged with.</param>
/// <param name="Judged">One for each measurement of the record.</param>
public sealed record AnalysisView(
    int Deployment,
    int Run,
    string Commit,
    string Subject,
    string State,
    string Reason,
    string Verdict,
    string Says,
    CanaryRecord Record,
    IReadOnlyList<JudgedView> Judged)
{
    public static AnalysisView Of(EnvironmentState state, Deployment deployment, CanaryRecord record)
    {
        var judged = CanaryReplay.Judge(record).Select(JudgedView.Of).ToList();
        return new(
            deployment.Number, deployment.Candidate.Run, deployment.Candidate.Commit, deployment.Candidate.Subject, Word.Of(deployment.Status),
            deployment.Reason, judged.Count == 0 ? "undecided" : judged[^1].Verdict,
            judged.Count == 0 ? "Nothing has been measured yet." : judged[^1].Says, record, judged);
    }
}

/// <param name="Number">Of the measurement.</param>
/// <param name="Follows">What the verdict leads to: <c>wait</c>, <c>go-on</c>, <c>ask-person</c>, <c>take-back</c>.</param>
/// <param name="Requests">Of both versions so far.</param>
/// <param name="Metrics">Errors and latency of the requests: rates, e-values and the smallest effect that would have been seen.</param>
/// <param name="Edges">The e-values of latency, edge by edge.</param>
/// <param name="Watched">The rollout's own metrics, in the step so far.</param>
public sealed record JudgedView(
    int Number,
    string Verdict,
    string Says,
    string Follows,
    long Requests,
    ValueList<MetricEvidence> Metrics,
    ValueList<EdgeEvidence> Edges,
    IReadOnlyList<WatchedView> Watched)
{
    /// <summary>The new version has stopped getting quicker after its start: latency counts from the next measurement on.</summary>
    public bool Settled { get; init; }

    internal static JudgedView Of(JudgedMeasurement judged) => new(
        judged.Measurement.Number, Word.Of(judged.Judgement.Verdict), judged.Judgement.Reason, Word.Of(judged.Follows), judged.Requests,
        judged.Judgement.Metrics, judged.Edges, [.. judged.Metrics.Select(WatchedView.Of)])
    {
        Settled = judged.IsSettled,
    };
}

/// <param name="Value">The last number there was.</param>
/// <param name="Problem">Why there was none the last time; empty: there was.</param>
/// <param name="Failed">Null: it is compared with the live version's, and has no limits.</param>
/// <param name="Values">Of the new version, as far as they are compared.</param>
public sealed record WatchedView(
    string Name,
    double? Value,
    double? Live,
    string Problem,
    int? Successful,
    int? Failed,
    int? Inconclusive,
    int? ErrorsInARow,
    int Values)
{
    internal static WatchedView Of(WatchedMetric metric) => new(
        metric.Name, metric.Value, metric.Live, metric.Problem, metric.Limits?.Successful, metric.Limits?.Failed, metric.Limits?.Inconclusive,
        metric.Limits?.ConsecutiveErrors, metric.Candidate.Count);
}
