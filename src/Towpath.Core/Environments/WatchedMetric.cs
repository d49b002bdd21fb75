using Towpath.Core.Environments.Analysis;

namespace Towpath.Core.Environments;

/// <summary>What one metric of a rollout has shown in the step under way.</summary>
/// <param name="Limits">How often it kept to its limits; null: it has none.</param>
/// <param name="Value">The last number there was.</param>
/// <param name="Live">The live version's at the same time.</param>
/// <param name="Problem">Why there was no number the last time it was asked for; empty: there was one.</param>
/// <param name="Candidate">Where it is compared: the values so far, at most <see cref="MetricWatch.ValuesKept"/>.</param>
/// <param name="Compared">How many of the candidate's values and of the live version's were there when they were compared last.</param>
public sealed record WatchedMetric(
    string Name,
    ThresholdJudge? Limits,
    double? Value,
    double? Live,
    string Problem,
    ValueList<double> Candidate,
    ValueList<double> Baseline,
    ComparedValues Compared);

public readonly record struct ComparedValues(int Candidate, int Baseline);
