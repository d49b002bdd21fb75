using System.Globalization;

namespace Towpath.Core.Environments.Analysis;

/// <summary>How one measurement came out.</summary>
public enum Measurement
{
    Successful,
    Failed,

    /// <summary>Neither the condition of success nor that of failure held.</summary>
    Inconclusive,

    /// <summary>It could not be made.</summary>
    Errored,
}

/// <summary>Measured again and again and held against a limit, as Argo Rollouts' analysis does.</summary>
/// <param name="Interval">From one measurement to the next.</param>
/// <param name="Count">After so many it is over; null: never by itself.</param>
/// <param name="FailureLimit">More failed measurements than this are too many; null: any number is fine.</param>
/// <param name="InconclusiveLimit">More inconclusive ones than this end it undecided; null: any number is fine.</param>
/// <param name="ConsecutiveErrorLimit">More that could not be made, one after the other, end it.</param>
public sealed record ThresholdSettings(
    TimeSpan Interval, int? Count = null, int? FailureLimit = 0, int? InconclusiveLimit = 0, int ConsecutiveErrorLimit = 4);

/// <summary>
/// The threshold judge. It knows nothing of chance: with little traffic one error is a high rate, with much a small limit is passed
/// sooner or later.
/// </summary>
public sealed record ThresholdJudge(
    ThresholdSettings Settings, int Successful, int Failed, int Inconclusive, int ConsecutiveErrors, int Measurements)
{
    public static ThresholdJudge Begin(ThresholdSettings settings) => new(settings, 0, 0, 0, 0, 0);

    /// <summary>A measurement that was made ends a row of those that were not; those do not count as measurements.</summary>
    public ThresholdJudge Add(Measurement measurement) => measurement switch
    {
        Measurement.Errored => this with { ConsecutiveErrors = ConsecutiveErrors + 1 },
        Measurement.Successful => this with { Successful = Successful + 1, ConsecutiveErrors = 0, Measurements = Measurements + 1 },
        Measurement.Failed => this with { Failed = Failed + 1, ConsecutiveErrors = 0, Measurements = Measurements + 1 },
        _ => this with { Inconclusive = Inconclusive + 1, ConsecutiveErrors = 0, Measurements = Measurements + 1 },
    };

    /// <param name="rate">A share of requests, 0 to 1; null: there were none.</param>
    public static Measurement Measure(double? rate, double atMost) =>
        rate is not { } measured || double.IsNaN(measured) ? Measurement.Inconclusive
        : measured <= atMost ? Measurement.Successful
        : Measurement.Failed;

    public Judgement Judge() => this switch
    {
        _ when Failed > Settings.FailureLimit => Judgement.Of(
            Verdict.Worse, Text($"{Failed} of {Measurements} measurements of the new version failed, and {Settings.FailureLimit} may.")),
        _ when ConsecutiveErrors > Settings.ConsecutiveErrorLimit => Judgement.Of(
            Verdict.NoData, Text($"The new version could not be measured {ConsecutiveErrors} times in a row.")),
        _ when Inconclusive > Settings.InconclusiveLimit => Judgement.Of(
            Verdict.Undecided, Text($"{Inconclusive} of {Measurements} measurements said neither yes nor no.")) with { Inconclusive = true },
        _ when Measurements >= Settings.Count => Judgement.Of(
            Verdict.NotWorse, Text($"{Successful} of {Measurements} measurements of the new version were good.")),
        _ => Judgement.Of(Verdict.Undecided, Text($"{Measurements} measurements so far, {Failed} failed.")),
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
