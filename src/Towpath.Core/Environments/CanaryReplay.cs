using Towpath.Core.Environments.Analysis;
using Towpath.Core.Pipelines;

namespace Towpath.Core.Environments;

/// <summary>What a canary's record would have led to, with the settings it had or with others. Pure: a function of the record.</summary>
public static class CanaryReplay
{
    /// <summary>Every measurement with what had been shown by then.</summary>
    /// <param name="other">Null: as it was.</param>
    public static IEnumerable<JudgedMeasurement> Judge(CanaryRecord record, ReplaySettings? other = null)
    {
        var rollout = (other ?? ReplaySettings.AsItWas).Of(record.Rollout) with { Recorded = record.Bin };
        var canary = Canary.Begin(record.History, rollout);
        long requests = 0;
        foreach (var measurement in record.Measurements)
        {
            if (measurement.Step != canary.Step)
                canary = Canary.AtStep(canary, measurement.Step, rollout);
            canary = Canary.Seen(canary, new TrafficMeasured(0, measurement.Number, measurement.Traffic) { Samples = measurement.Samples }, rollout);
            requests += (measurement.Traffic?.Candidate.Requests + measurement.Traffic?.Baseline.Requests) ?? 0;
            var judgement = Canary.Judge(canary, rollout);
            yield return new(measurement, judgement, Canary.Follows(canary, rollout, judgement), EdgesOf(canary.Evidence), canary.Metrics, requests)
            {
                IsSettled = canary.Evidence.IsSettled,
            };
        }
    }

    /// <summary>
    /// Where it would have come to. Measurements lie in the step that they were made in: what other settings would have been shown at other
    /// shares, nobody knows.
    /// </summary>
    public static ReplayOutcome Outcome(CanaryRecord record, ReplaySettings? other = null)
    {
        var steps = new SortedDictionary<int, JudgedMeasurement>();
        JudgedMeasurement? last = null;
        foreach (var judged in Judge(record, other))
        {
            last = judged;
            if (judged.Follows is WhatFollows.TakeBack or WhatFollows.AskPerson)
                return new(judged.Follows, judged, Steps());
            if (judged.Follows == WhatFollows.GoOn)
                steps.TryAdd(judged.Measurement.Step, judged);
        }

        var isThrough = steps.ContainsKey(record.Rollout.Steps.Count - 1);
        return new(isThrough ? WhatFollows.GoOn : WhatFollows.Wait, isThrough ? steps[record.Rollout.Steps.Count - 1] : last, Steps());

        ValueList<JudgedMeasurement> Steps() => steps.Values.ToValueList();
    }

    private static ValueList<EdgeEvidence> EdgesOf(Evidence evidence) => evidence.Slower
        .Select((edge, index) => new EdgeEvidence(
            index < evidence.History.Edges.Count ? evidence.History.Edges[index] : 0, edge.LogWorse, edge.NotWorse.LogE,
            edge.Seen.CandidateRequests, edge.Seen.CandidateHits, edge.Seen.BaselineRequests, edge.Seen.BaselineHits)).ToValueList();
}

/// <summary>Settings that a record is judged by once more; null each: as it was.</summary>
public sealed record ReplaySettings(JudgeKind? Judge, double? Alpha, TimeSpan? Dwell)
{
    public static ReplaySettings AsItWas { get; } = new(null, null, null);

    public RolloutDefinition Of(RolloutDefinition rollout)
    {
        var changed = rollout with { Alpha = Alpha ?? rollout.Alpha, Dwell = Dwell ?? rollout.Dwell };
        if (Judge is not { } judge || judge == rollout.Judge)
            return changed;
        var limited = rollout.Metrics.Where(metric => metric.Fail is not null || metric.Pass is not null).ToValueList();
        var isEnough = judge == JudgeKind.Threshold && limited.Any(metric => metric.Source is RouterFigure);
        return changed with
        {
            Judge = judge,
            Metrics = judge == JudgeKind.None ? [] : isEnough ? limited : [.. limited, .. UsualMetrics.Of(judge, limited)],
            Kayenta = judge == JudgeKind.Kayenta ? new KayentaDefinition(95, 75, OrdinalMap<int>.Empty) : null,
        };
    }
}

/// <param name="Judgement">What had been shown by then.</param>
/// <param name="Requests">Of both versions so far.</param>
public sealed record JudgedMeasurement(
    CanaryMeasurement Measurement,
    Judgement Judgement,
    WhatFollows Follows,
    ValueList<EdgeEvidence> Edges,
    ValueList<WatchedMetric> Metrics,
    long Requests)
{
    /// <summary>The new version has stopped getting quicker after its start: latency counts from the next measurement on.</summary>
    public bool IsSettled { get; init; }
}

/// <summary>What the requests that took longer than an edge have shown.</summary>
/// <param name="Edge">Milliseconds.</param>
/// <param name="LogWorse">ln of the e-value that the new version has more of them.</param>
public sealed record EdgeEvidence(
    double Edge, double LogWorse, double LogNotWorse, long CandidateRequests, long CandidateSlower, long BaselineRequests, long BaselineSlower);

/// <param name="Follows"><see cref="WhatFollows.Wait"/>: nothing was decided within what was recorded.</param>
/// <param name="Decided">The measurement that decided it, or the last; null: there is none.</param>
/// <param name="Steps">The first measurement in each step after which it might have gone on.</param>
public sealed record ReplayOutcome(WhatFollows Follows, JudgedMeasurement? Decided, ValueList<JudgedMeasurement> Steps);
