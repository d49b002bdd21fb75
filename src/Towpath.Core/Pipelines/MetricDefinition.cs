using System.Globalization;
using System.Text.Json.Serialization;

namespace Towpath.Core.Pipelines;

/// <summary>A figure of a version that its rollout looks at.</summary>
/// <param name="Fail">It is too bad when this holds; null: it is never.</param>
/// <param name="Pass">It is good when this holds; null: whenever <paramref name="Fail"/> does not.</param>
/// <param name="Comparison">How Kayenta's judge compares it with the live version's; null: it does not.</param>
public sealed record MetricDefinition(
    string Name, MetricSource Source, MetricCondition? Fail, MetricCondition? Pass, MetricLimits Limits, MetricComparison? Comparison = null);

/// <summary>Where a figure comes from.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(RouterFigure), "router")]
[JsonDerivedType(typeof(PrometheusQuery), "prometheus")]
[JsonDerivedType(typeof(HttpNumber), "http")]
[JsonDerivedType(typeof(CommandNumber), "command")]
public abstract record MetricSource;

/// <summary>Counted by the router of both versions: nothing has to be set up.</summary>
public sealed record RouterFigure(Figure Figure) : MetricSource;

/// <param name="Url">Of the Prometheus server, as the agent reaches it.</param>
/// <param name="Query">PromQL that comes to one number.</param>
public sealed record PrometheusQuery(string Url, string Query) : MetricSource
{
    /// <summary>To be sent; <see cref="SecretHeaders"/>.</summary>
    public OrdinalMap<string> Headers { get; init; } = OrdinalMap<string>.Empty;
}

/// <param name="Url">Answers 2xx with JSON.</param>
/// <param name="Value">Where the number is in it: <c>$.latency.p95</c>; <c>$</c>: it is the answer.</param>
public sealed record HttpNumber(string Url, string Value) : MetricSource
{
    /// <inheritdoc cref="PrometheusQuery.Headers"/>
    public OrdinalMap<string> Headers { get; init; } = OrdinalMap<string>.Empty;
}

/// <param name="Command">The last line that it prints is the number.</param>
public sealed record CommandNumber(string Command) : MetricSource;

/// <summary>What the router counts of a version in one measurement.</summary>
public enum Figure
{
    /// <summary>The share of its requests that were answered with 5xx, or not at all; 0 to 1.</summary>
    Errors,

    /// <summary>Milliseconds until the whole answer was there, at that percentile of its requests.</summary>
    P50,
    P75,
    P90,
    P95,
    P99,

    /// <summary>Requests a second.</summary>
    Requests,
}

public enum Relation
{
    Above,
    AtLeast,
    Below,
    AtMost,
}

/// <param name="Number">A figure, or where <paramref name="OfLive"/> how many times the live version's.</param>
public sealed record MetricCondition(Relation Relation, double Number, bool OfLive)
{
    /// <returns>Null: the live version's value is needed and not known.</returns>
    public bool? Holds(double value, double? live)
    {
        if (OfLive && live is null)
            return null;
        var limit = OfLive ? Number * live!.Value : Number;
        return Relation switch
        {
            Relation.Above => value > limit,
            Relation.AtLeast => value >= limit,
            Relation.Below => value < limit,
            _ => value <= limit,
        };
    }

    public override string ToString()
    {
        var number = Number.ToString("0.######", CultureInfo.InvariantCulture);
        var sign = Relation switch { Relation.Above => "above", Relation.AtLeast => "at least", Relation.Below => "below", _ => "at most" };
        return OfLive ? $"{sign} {number} times the live version's" : $"{sign} {number}";
    }
}

/// <summary>How often a figure is asked for, and how often it may be bad, as in Argo Rollouts' analysis.</summary>
/// <param name="Interval">From one to the next; zero: with each measurement of the traffic.</param>
/// <param name="Delay">From the candidate's first share on.</param>
/// <param name="Timeout">Of one question.</param>
/// <param name="Count">The least number of good ones in a step before it goes on.</param>
/// <param name="FailureLimit">More bad ones in a step than this take the version back.</param>
/// <param name="InconclusiveLimit">More in a step that are neither good nor bad leave it to a person.</param>
/// <param name="ConsecutiveErrorLimit">When more in a row could not be made, nothing goes on until one can.</param>
public sealed record MetricLimits(
    TimeSpan Interval, TimeSpan Delay, TimeSpan Timeout, int Count, int FailureLimit, int InconclusiveLimit, int ConsecutiveErrorLimit);

/// <param name="Groups">Each group that it counts in.</param>
/// <param name="Critical">When it does not pass, nothing does.</param>
public sealed record MetricComparison(WorseWhen Worse, MissingValues Missing, ValueList<string> Groups, bool Critical);

/// <summary>Which difference from the live version is a bad one.</summary>
public enum WorseWhen
{
    Higher,
    Lower,
    Different,
}

/// <summary>What it means that a version has no values.</summary>
public enum MissingValues
{
    /// <summary>Nothing: it is waited for.</summary>
    Wait,

    /// <summary>Values that are not there are 0.</summary>
    Zero,

    /// <summary>The metric does not pass.</summary>
    Fail,
}

/// <summary>The score from which on Kayenta's judge lets a version pass, 0 to 100.</summary>
/// <param name="Marginal">Below it, the version is taken back.</param>
/// <param name="Weights">Of groups, in percent; those without one share what is left of 100.</param>
public sealed record KayentaDefinition(int Pass, int Marginal, OrdinalMap<int> Weights);
