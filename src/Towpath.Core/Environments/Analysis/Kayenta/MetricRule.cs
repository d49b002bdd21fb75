namespace Towpath.Core.Environments.Analysis.Kayenta;

/// <summary>Which change of a metric is a bad one.</summary>
public enum BadDirection
{
    Either,
    Increase,
    Decrease,
}

/// <summary>By what the size of a change is told.</summary>
public enum EffectMeasure
{
    MeanRatio,
    CommonLanguage,
}

/// <summary>How a metric compares with the baseline's.</summary>
public enum Classification
{
    Pass,
    High,
    Low,

    /// <summary>There are no values of one of them, and there need not be.</summary>
    Nodata,

    /// <summary>There are no values of one of them although there must be.</summary>
    NodataFail,
}

/// <summary>How one metric is judged; the defaults are Kayenta's.</summary>
/// <param name="Tolerance">The interval must lie further from 0 than this share of the estimate; 0 to 1.</param>
/// <param name="Confidence">Of the interval.</param>
/// <param name="MissingIsZero">Values that are not numbers count as 0, and no values at all pass; else they are left out.</param>
/// <param name="Critical">When it does not pass and is beyond its critical sizes, the score is 0.</param>
/// <param name="Required">Having no data is a failure of this metric.</param>
/// <param name="Outliers">Values further out than so many quartile distances are left out; null: none.</param>
/// <param name="Decrease">A low metric passes all the same while the effect is larger than this; null: 1 for ratios, 0.5 for shares of pairs.</param>
/// <param name="Increase">A high metric passes all the same while the effect is smaller than this.</param>
public sealed record MetricRule(
    BadDirection Direction = BadDirection.Either,
    double Tolerance = 0.25,
    double Confidence = 0.98,
    bool MissingIsZero = false,
    bool Critical = false,
    bool Required = false,
    double? Outliers = null,
    EffectMeasure Measure = EffectMeasure.MeanRatio,
    double? Decrease = null,
    double? Increase = null,
    double? CriticalDecrease = null,
    double? CriticalIncrease = null)
{
    /// <summary>The size of "no effect".</summary>
    public double NoEffect => Measure == EffectMeasure.CommonLanguage ? 0.5 : 1;
}

/// <param name="Deviation">The candidate's mean over the baseline's; null when one of them is 0.</param>
/// <param name="Critical">It fails the whole.</param>
public sealed record MetricResult(Classification Classification, bool Critical, double? Deviation);
