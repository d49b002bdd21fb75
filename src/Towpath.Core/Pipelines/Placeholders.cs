using System.Text.RegularExpressions;

namespace Towpath.Core.Pipelines;

/// <summary>Names in a metric's question, <c>{{release}}</c>, that are filled in when it is asked.</summary>
public static partial class Placeholders
{
    /// <summary>Those of the version that is asked about: with one of them the question is asked of both versions.</summary>
    public static ValueList<string> OfVersion { get; } = ["release", "run", "commit"];

    public static ValueList<string> All { get; } = [.. OfVersion, "candidate", "baseline", "project", "environment"];

    /// <summary>Each once, in the order in which they stand there.</summary>
    public static IEnumerable<string> In(string text) =>
        HasNone(text) ? [] : Name().Matches(text).Select(match => match.Groups[1].Value).Distinct();

    /// <param name="value">Of each of <see cref="All"/>; other names are left as they are.</param>
    public static string Fill(string text, Func<string, string?> value) =>
        HasNone(text) ? text : Name().Replace(text, match => value(match.Groups[1].Value) ?? match.Value);

    public static IEnumerable<string> In(MetricSource source) => source switch
    {
        PrometheusQuery prometheus => In(prometheus.Url).Concat(In(prometheus.Query)).Distinct(),
        HttpNumber http => In(http.Url),
        CommandNumber command => In(command.Command),
        _ => [],
    };

    public static MetricSource Fill(MetricSource source, Func<string, string?> value) => source switch
    {
        PrometheusQuery prometheus => prometheus with { Url = Fill(prometheus.Url, value), Query = Fill(prometheus.Query, value) },
        HttpNumber http => http with { Url = Fill(http.Url, value) },
        CommandNumber command => new CommandNumber(Fill(command.Command, value)),
        _ => source,
    };

    /// <summary>The question can be asked of each version by itself.</summary>
    public static bool IsOfVersion(MetricSource source) => source is RouterFigure || In(source).Any(OfVersion.Contains);

    private static bool HasNone(string text) => !text.Contains("{{", StringComparison.Ordinal);

    // Each part ends where the next begins, so no text makes it go back.
    [GeneratedRegex(@"\{\{[ ]*([A-Za-z0-9_.-]+)[ ]*\}\}")]
    private static partial Regex Name();
}
