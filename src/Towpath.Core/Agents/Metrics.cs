using Towpath.Core.Pipelines;

namespace Towpath.Core.Agents;

/// <summary>A metric to ask for, with all names in it filled in.</summary>
/// <param name="OfLive">It is asked about the live version. False: about the candidate, or about neither.</param>
public sealed record MetricQuestion(string Metric, bool OfLive, MetricSource Source, TimeSpan Timeout);

/// <summary>What came of a question.</summary>
/// <param name="Value">Null: there was no number. Never infinite.</param>
/// <param name="Problem">Then why, in one sentence of at most <see cref="LongestProblem"/> characters; else empty.</param>
public sealed record MetricSample(string Metric, bool OfLive, double? Value, string Problem)
{
    public const int LongestProblem = 200;
}
