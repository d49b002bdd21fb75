using Towpath.Core.Environments.Analysis;
using Towpath.Core.Environments.Analysis.Kayenta;

namespace Towpath.Bench.Canary;

/// <summary>A way to decide on a rollback that is asked every minute.</summary>
internal abstract class Rule
{
    /// <param name="bins">The minute's measurements.</param>
    /// <param name="twin">A baseline of the canary's size, for rules that need one.</param>
    /// <returns>True: roll back.</returns>
    public abstract bool Minute(IReadOnlyList<TrafficBin> bins, ArmCounts twin);

    protected static double? RateOf(IEnumerable<ArmCounts> arms)
    {
        var (requests, errors) = arms.Aggregate((Requests: 0L, Errors: 0L), (sum, arm) => (sum.Requests + arm.Requests, sum.Errors + arm.Errors));
        return requests == 0 ? null : (double)errors / requests;
    }
}

/// <summary>The product's judge as a whole.</summary>
internal sealed class JudgeRule(Traffic traffic, double alpha, double tolerated) : Rule
{
    private Evidence evidence = Evidence.Begin(
        AnalysisSettings.For(traffic.PerSecond) with { Alpha = alpha, Tolerated = tolerated, Floor = 0, WarmUpBins = 0 }, traffic.History);

    public override bool Minute(IReadOnlyList<TrafficBin> bins, ArmCounts twin)
    {
        evidence = bins.Aggregate(evidence, (state, bin) => state.Add(bin));
        return evidence.HighestWorse >= Math.Log(1 / alpha);
    }
}

/// <summary>The product's e-process of errors alone, looked at after each measurement as the product does.</summary>
internal sealed class ErrorsAloneRule(double alpha, double tolerated) : Rule
{
    private ErrorRatio errors = ErrorRatio.Begin(tolerated);

    public override bool Minute(IReadOnlyList<TrafficBin> bins, ArmCounts twin)
    {
        foreach (var bin in bins)
        {
            errors = errors.Add(bin.Share, bin.Candidate.Errors, bin.Baseline.Errors);
            if (errors.LogE >= Math.Log(1 / alpha))
                return true;
        }

        return false;
    }
}

/// <summary>Mann and Whitney's test of the error rates of all minutes so far, each minute again.</summary>
internal class RepeatedTestRule : Rule
{
    private const int LeastMinutes = 5;

    protected List<double> Candidate { get; } = [];

    protected List<double> Baseline { get; } = [];

    public override bool Minute(IReadOnlyList<TrafficBin> bins, ArmCounts twin)
    {
        if (RateOf(bins.Select(bin => bin.Candidate)) is not { } candidate || BaselineOf(bins, twin) is not { } baseline)
            return false;
        Candidate.Add(candidate);
        Baseline.Add(baseline);
        return Candidate.Count >= LeastMinutes && IsHigher();
    }

    protected virtual double? BaselineOf(IReadOnlyList<TrafficBin> bins, ArmCounts twin) => RateOf(bins.Select(bin => bin.Baseline));

    protected virtual bool IsHigher() => MannWhitney.Deviation(0, 0, Candidate, Baseline) > 1.96;
}

/// <summary>Kayenta's judge with a baseline of the canary's size; a higher error rate fails it.</summary>
internal sealed class KayentaRule : RepeatedTestRule
{
    // Without a difference in ranks the 98 % interval holds 0 and the metric passes; this saves searching for the interval.
    private const double LeastDeviation = 2.3;

    private static readonly MetricRule Errors = new(BadDirection.Increase);

    protected override double? BaselineOf(IReadOnlyList<TrafficBin> bins, ArmCounts twin) => RateOf([twin]);

    protected override bool IsHigher() => MannWhitney.Deviation(0, 0, Candidate, Baseline) > LeastDeviation
        && MetricClassifier.Classify(Baseline, Candidate, Errors).Classification == Classification.High;
}

/// <summary>
/// A limit for the error rate of the last minute: 5 %, or 1 % where usually less than half a percent fails. Argo Rollouts fails at
/// the first measurement above it by default, Flagger's documentation counts to five.
/// </summary>
internal sealed class LimitRule(Traffic traffic, int failures) : Rule
{
    private readonly double limit = traffic.Rate >= 0.005 ? 0.05 : 0.01;
    private ThresholdJudge judge = ThresholdJudge.Begin(
        new ThresholdSettings(TimeSpan.FromMinutes(1), FailureLimit: failures - 1, InconclusiveLimit: null));

    public override bool Minute(IReadOnlyList<TrafficBin> bins, ArmCounts twin)
    {
        judge = judge.Add(ThresholdJudge.Measure(RateOf(bins.Select(bin => bin.Candidate)), limit));
        return judge.Judge().Verdict == Verdict.Worse;
    }
}
