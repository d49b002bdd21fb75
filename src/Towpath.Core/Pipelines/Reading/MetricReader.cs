using System.Globalization;
using Towpath.Core.Pipelines.Language;
using Towpath.Core.Pipelines.Yaml;

namespace Towpath.Core.Pipelines.Reading;

/// <summary>Reads the figures that a rollout looks at, and adds those that a judge cannot do without.</summary>
/// <param name="environment">Of the rollout.</param>
internal sealed class MetricReader(Findings findings, JudgeKind judge, YamlMap environment)
{
    public ValueList<MetricDefinition> Read(YamlMap rollout)
    {
        var named = rollout.Named("metrics");
        if (judge == JudgeKind.None && named.Count > 0)
            findings.Report(
                (rollout["judge"] ?? rollout).At, "'judge: none' looks at no metrics: write `judge: threshold` to hold them against their limits");
        ValueList<MetricDefinition> own = [.. named.Where(entry => entry.Value is YamlMap).Select(entry => Metric(entry.Key, (YamlMap)entry.Value))];
        return own.Any(metric => metric.Source is RouterFigure) ? own : [.. own, .. UsualMetrics.Of(judge, own)];
    }

    private MetricDefinition Metric(YamlScalar name, YamlMap metric)
    {
        var source = Source(metric);
        foreach (var (key, text) in Texts(metric))
            KnowsPlaceholders(key, text, metric);
        var (fail, pass) = (Condition(metric, "fail", source), Condition(metric, "pass", source));
        var limits = new MetricLimits(
            metric.Duration("interval") ?? TimeSpan.Zero, metric.DurationOrDefault("delay"), metric.DurationOrDefault("timeout"), metric.Number("count"),
            metric.Number("failureLimit"), metric.Number("inconclusiveLimit"), metric.Number("consecutiveErrorLimit"));
        var hasLimits = metric.Entry("fail") is not null || metric.Entry("pass") is not null;
        var isCompared = judge == JudgeKind.Kayenta && !hasLimits;
        if (!isCompared)
            HasNothingOfComparison(metric, hasLimits);
        if (!isCompared && !hasLimits)
            findings.Report(
                name.At, $"metric '{name.Text}' says neither when it fails nor when it passes: add 'fail', such as `fail: \"> 100\"`, or 'pass'");
        else if (isCompared && !Placeholders.IsOfVersion(source))
            findings.Report(
                name.At,
                $"metric '{name.Text}' asks about neither version, so there is nothing to compare: use {{{{release}}}} in it, or give it 'fail' or 'pass'");
        return new(name.Text, source, fail, pass, limits, isCompared ? Comparison(metric) : null);
    }

    private MetricSource Source(YamlMap metric) => metric switch
    {
        _ when metric.Text("router") is { } figure => new RouterFigure(Enum.Parse<Figure>(figure, ignoreCase: true)),
        _ when metric.Text("prometheus") is { } url => new PrometheusQuery(url.TrimEnd('/'), metric.Text("query") ?? "") { Headers = Headers(metric) },
        _ when metric.Text("http") is { } url => new HttpNumber(url, metric.Text("value") ?? "$") { Headers = Headers(metric) },
        _ => new CommandNumber(metric.Text("command") ?? ""),
    };

    private OrdinalMap<string> Headers(YamlMap metric) => new HeaderReader(findings, environment).Read(metric);

    private static IEnumerable<(string Key, string Text)> Texts(YamlMap metric)
    {
        foreach (var key in (string[])["prometheus", "query", "http", "command"])
        {
            if (metric.Text(key) is { } text)
                yield return (key, text);
        }
    }

    private void KnowsPlaceholders(string key, string text, YamlMap metric)
    {
        foreach (var unknown in Placeholders.In(text).Where(name => !Placeholders.All.Contains(name)))
            findings.Report(metric[key]!.At, $"{{{{{unknown}}}}} is nothing that can be filled in: {Spelling.Advice(unknown, Placeholders.All, "")}");
    }

    private MetricCondition? Condition(YamlMap metric, string key, MetricSource source)
    {
        if (metric[key] is not YamlScalar { Text: var text } condition)
            return null;
        var (relation, rest) = text switch
        {
            ['<', '=', ..] => (Relation.AtMost, text[2..]),
            ['>', '=', ..] => (Relation.AtLeast, text[2..]),
            ['<', ..] => (Relation.Below, text[1..]),
            _ => (Relation.Above, text[1..]),
        };
        var number = double.Parse(rest.TrimEnd('%', 'x'), NumberStyles.Float, CultureInfo.InvariantCulture);
        var isOfLive = text.EndsWith('x');
        if (isOfLive && !Placeholders.IsOfVersion(source))
            findings.Report(
                condition.At, $"'{text}' compares with the live version, and the metric asks about neither: use {{{{release}}}} in its question, or a number here");
        return new(relation, text.EndsWith('%') ? number / 100 : number, isOfLive);
    }

    private void HasNothingOfComparison(YamlMap metric, bool hasLimits)
    {
        // A default stands where its map does.
        foreach (var (key, _) in metric.Entries.Where(entry => entry.Key.At != metric.At && MetricKeys.OnlyCompared.Any(known => known.Name == entry.Key.Text)))
            findings.Report(
                key.At,
                judge == JudgeKind.Kayenta && hasLimits
                    ? $"'{key.Text}' is for metrics that are compared with the live version, and this one has limits: take one of them out"
                    : $"'{key.Text}' is for Kayenta's judge: write `judge: kayenta`, or take it out");
    }

    private static MetricComparison Comparison(YamlMap metric) => new(
        metric.Text("worse") switch { "lower" => WorseWhen.Lower, "different" => WorseWhen.Different, _ => WorseWhen.Higher },
        metric.Text("missing") switch { "zero" => MissingValues.Zero, "fail" => MissingValues.Fail, _ => MissingValues.Wait },
        metric.Texts("groups"),
        metric.Flag("critical"));
}
