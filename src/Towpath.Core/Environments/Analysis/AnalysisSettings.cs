namespace Towpath.Core.Environments.Analysis;

/// <summary>What the sequential judge is asked to find, and how sure it has to be.</summary>
/// <param name="Alpha">The probability to roll back a version that is not worse, over the whole rollout; 0 to 1.</param>
/// <param name="Tolerated">r0: the new version's rates may be so many times the live one's; at least 1.</param>
/// <param name="ExtraFailures">H: extra failures that are tolerated while it is found out, as a share of all traffic.</param>
/// <param name="Floor">A share of requests: error rates that are higher by less are not worth a rollback; 0: all are.</param>
/// <param name="PromotionThreshold">The e-value from which on a version is taken for not worse; above 1.</param>
/// <param name="LeastDwell">A step lasts at least so long.</param>
/// <param name="LongestStep">When a step has lasted so long and nothing is clear, it is inconclusive.</param>
/// <param name="WarmUpBins">The first measurements in which the candidate has requests, which are left out of both versions.</param>
/// <param name="BinSeconds">How long one measurement is.</param>
public sealed record AnalysisSettings(
    double Alpha,
    double Tolerated,
    double ExtraFailures,
    double Floor,
    double PromotionThreshold,
    TimeSpan LeastDwell,
    TimeSpan LongestStep,
    int WarmUpBins,
    double BinSeconds)
{
    /// <summary>No rate is higher than another by more; where that is all that can be asked for, hardly anything is ruled out.</summary>
    public const double MarginAtMost = 0.9;

    /// <summary>
    /// A share of requests: a version is not taken back because so few more are slower than an edge. A program that has just
    /// been started has a longer tail than one that has run for days, and is no worse for it.
    /// </summary>
    public double LatencyFloor { get; init; } = 0.02;

    /// <summary>Latency counts once the candidate has stopped getting quicker (<see cref="Settling"/>), and not from the first measurement on.</summary>
    public bool LatencySettles { get; init; }

    private const double Little = 1;
    private const double Middling = 20;
    private const double Much = 1000;

    /// <summary>For production, and for as much traffic as the live version has, in requests a second.</summary>
    public static AnalysisSettings For(double requestsPerSecond)
    {
        var usual = new AnalysisSettings(0.01, 1.25, 0.002, 0, 20, TimeSpan.FromSeconds(60), TimeSpan.FromHours(1), 1, 10);
        return requestsPerSecond switch
        {
            < Little => usual with { ExtraFailures = 0.01, LongestStep = TimeSpan.FromHours(4) },
            < Middling => usual,
            < Much => usual with { ExtraFailures = 0.001 },
            _ => usual with { ExtraFailures = 0.0002, Floor = 0.0005 },
        };
    }

    /// <summary>The shares of traffic of a canary where the pipeline names none: half at once where there is little to be learned from.</summary>
    public static ValueList<double> SharesFor(double requestsPerSecond) => requestsPerSecond switch
    {
        < Little => [0.5],
        < Much => [0.05, 0.25, 0.5],
        _ => [0.01, 0.05, 0.2, 0.5],
    };

    /// <summary>δ: by how much the new version's rate would have to be higher for an advance to be wrong.</summary>
    /// <param name="share">Of the traffic that the new version has, above 0.</param>
    /// <param name="rate">The live version's.</param>
    public double Margin(double share, double rate) =>
        Math.Min(MarginAtMost, Math.Max(Math.Max(ExtraFailures / share, Floor), 0.5 * rate));
}
