using Towpath.Core;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;

namespace Towpath.Simulation.Checkers;

/// <summary>
/// Guarantee 19 for metrics: what has no number neither lets a version go on nor takes it back, and what is too bad takes it back. It counts the
/// samples that are recorded by itself.
/// </summary>
internal sealed class NoNumberIsNoVerdict(Books books) : Checker(books)
{
    private readonly Dictionary<(Page Environment, int Deployment), Step> steps = [];

    /// <summary>The last event of each environment: what follows a measurement directly follows from it.</summary>
    private readonly Dictionary<Page, EnvironmentEvent> before = [];

    public override string Promise => "A metric without a number is neither good nor bad";

    public override string? Look(in Fact fact)
    {
        if (fact.Event is not EnvironmentEvent happened || fact.Page is not EnvironmentPage page)
            return null;
        var violation = happened switch
        {
            TrafficMeasured measured => Count(fact, measured),
            ShareRaised raised => GoesOn(fact, raised.Deployment),
            StageBegan { Stage: Stage.Shift } shift => GoesOn(fact, shift.Deployment),
            WithdrawalBegan began when before.GetValueOrDefault(page) is TrafficMeasured measured && measured.Deployment == began.Deployment => GoesBack(fact, began),
            _ => null,
        };
        if (happened is ShareRaised begun)
            steps.Remove((page, begun.Deployment));
        before[page] = happened;
        return violation;
    }

    private string? Count(in Fact fact, TrafficMeasured measured)
    {
        var key = (fact.Page, measured.Deployment);
        var counted = steps.GetValueOrDefault(key) ?? new Step([], []);
        var isTooBad = MetricsOf(fact, measured.Deployment).Any(metric => counted.Bad.GetValueOrDefault(metric.Name) > metric.Limits.FailureLimit);
        steps[key] = counted;
        foreach (var sample in measured.Samples.Where(sample => !sample.OfLive))
        {
            var limit = MetricsOf(fact, measured.Deployment).First(metric => metric.Name == sample.Metric).Fail!.Number;
            if (sample.Value is not { } value)
                continue;
            var kind = value > limit ? counted.Bad : counted.Good;
            kind[sample.Metric] = kind.GetValueOrDefault(sample.Metric) + 1;
        }

        return isTooBad ? $"deployment {measured.Deployment} has a metric that failed too often, and is measured on" : null;
    }

    private string? GoesOn(in Fact fact, int deployment)
    {
        if (fact.Deployment(deployment) is not { Stage: Stage.Canary, IsAdvanced: false })
            return null;
        var counted = steps.GetValueOrDefault((fact.Page, deployment)) ?? new Step([], []);
        foreach (var metric in MetricsOf(fact, deployment))
        {
            if (counted.Good.GetValueOrDefault(metric.Name) < metric.Limits.Count)
                return $"deployment {deployment} went on, and '{metric.Name}' had {counted.Good.GetValueOrDefault(metric.Name)} good numbers in the step";
            if (counted.Bad.GetValueOrDefault(metric.Name) > metric.Limits.FailureLimit)
                return $"deployment {deployment} went on, and '{metric.Name}' was too bad";
        }

        return null;
    }

    /// <summary>What only the metrics could say is looked at: where the router's figures are judged too, they may have said it.</summary>
    private string? GoesBack(in Fact fact, WithdrawalBegan began)
    {
        var counted = steps.GetValueOrDefault((fact.Page, began.Deployment)) ?? new Step([], []);
        return began.Reason.StartsWith("'queue'", StringComparison.Ordinal)
            && MetricsOf(fact, began.Deployment).All(metric => counted.Bad.GetValueOrDefault(metric.Name) <= metric.Limits.FailureLimit)
            ? $"deployment {began.Deployment} was taken back because of '{began.Reason}', and no metric had failed too often"
            : null;
    }

    /// <summary>Those that are asked of other sources than the router.</summary>
    private static IEnumerable<MetricDefinition> MetricsOf(in Fact fact, int deployment) =>
        fact.Deployment(deployment).Definition(fact.Environment.Name)?.Rollout?.Metrics.Where(metric => metric.Source is not RouterFigure) ?? [];

    private sealed record Step(Dictionary<string, int> Good, Dictionary<string, int> Bad);
}
