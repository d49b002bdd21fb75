namespace Towpath.Core.Pipelines;

/// <summary>What a judge that needs metrics looks at when it is told of none that the router counts.</summary>
public static class UsualMetrics
{
    private static readonly MetricLimits Limits =
        new(TimeSpan.Zero, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5), 1, FailureLimit: 2, InconclusiveLimit: 0, ConsecutiveErrorLimit: 4);

    private static readonly MetricComparison Comparison = new(WorseWhen.Higher, MissingValues.Wait, [], Critical: false);

    /// <param name="own">Others, whose names are taken.</param>
    public static ValueList<MetricDefinition> Of(JudgeKind judge, ValueList<MetricDefinition> own) => judge switch
    {
        JudgeKind.Threshold =>
        [
            new(Unused("errors", own), new RouterFigure(Figure.Errors), new(Relation.Above, 0.05, OfLive: false), null, Limits),
            new(Unused("p95", own), new RouterFigure(Figure.P95), new(Relation.Above, 2, OfLive: true), null, Limits),
        ],
        JudgeKind.Kayenta =>
        [
            new(Unused("errors", own), new RouterFigure(Figure.Errors), null, null, Limits, Comparison),
            new(Unused("p95", own), new RouterFigure(Figure.P95), null, null, Limits, Comparison),
        ],
        _ => [],
    };

    private static string Unused(string name, ValueList<MetricDefinition> own) => own.Any(metric => metric.Name == name) ? $"router-{name}" : name;
}
