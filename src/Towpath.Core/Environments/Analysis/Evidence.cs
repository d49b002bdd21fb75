using Towpath.Core.Environments.Analysis.Numerics;

namespace Towpath.Core.Environments.Analysis;

/// <summary>
/// All that the sequential judge knows of a rollout so far. It takes one measurement at a time, at a cost that does not depend on
/// how many came before, and may be looked at after each: the probability that it ever says "worse" of a version that is not is
/// <see cref="AnalysisSettings.Alpha"/> at most. docs/adr/0014 says why these statistics.
/// </summary>
/// <param name="Bins">How many measurements there were, with those that were left out.</param>
/// <param name="Share">The candidate's share of traffic that promotion is asked for; 0: no measurement yet.</param>
/// <param name="InStep">The requests of both versions and their errors since the share changed last.</param>
/// <param name="Total">All of the rollout, without the warm-up.</param>
/// <param name="ErrorRatio">Of errors alone.</param>
/// <param name="Slower">One for each latency edge.</param>
/// <param name="Twin">The live version against itself, in both directions; null: it was never counted apart.</param>
/// <param name="HighestWorse">ln of the largest combined e-value at any time, which is what the promise is about.</param>
public sealed record Evidence(
    AnalysisSettings Settings,
    LiveHistory History,
    int Bins,
    double Share,
    Block InStep,
    Block Total,
    ErrorRatio ErrorRatio,
    RateComparison Errors,
    ValueList<RateComparison> Slower,
    SelfComparison? Twin,
    Quiet Quiet,
    double HighestWorse)
{
    public static Evidence Begin(AnalysisSettings settings, LiveHistory history) => new(
        settings, history, 0, 0, default, default, ErrorRatio.Begin(settings.Tolerated),
        RateComparison.Begin(history.ErrorRate, settings.Tolerated, settings.Floor),
        Enumerable.Range(0, history.Slower.Count)
            .Select(edge => RateComparison.Begin(history.SlowerRate(edge), settings.Tolerated, settings.LatencyFloor)).ToValueList(),
        null, Quiet.None, 0);

    /// <summary>Measurements in which the candidate warmed up, up to <see cref="AnalysisSettings.WarmUpBins"/>.</summary>
    public int Warm { get; init; }

    public Settling Settling { get; init; } = Settling.None;

    /// <summary>The next measurement's latency counts.</summary>
    public bool IsSettled => !Settings.LatencySettles || Settling.IsOver;

    /// <summary>ln E of errors: the mean of errors alone and of blocks, and above the floor.</summary>
    public double LogWorseErrors
    {
        get
        {
            var ratio = LogTail.Mean([ErrorRatio.LogE, Errors.Worse.LogE]);
            return Errors.AboveFloor is { } floor ? Math.Min(ratio, floor.LogE) : ratio;
        }
    }

    /// <summary>ln E of latency: the mean over the edges; null: it is not measured.</summary>
    public double? LogWorseLatency => Slower.Count == 0 ? null : LogTail.Mean(Slower.Select(edge => edge.LogWorse).ToList());

    public Evidence Add(TrafficBin bin)
    {
        var next = this with
        {
            Bins = Bins + 1,
            Quiet = Quiet.Add(bin),
            Settling = Settings.LatencySettles ? Settling.Add(bin, Settings.BinSeconds) : Settling,
        };
        if (bin.Share != Share)
            next = next.AtShare(bin.Share);
        // Only what the candidate answered warms it up. Whether a measurement is left out is known before it is made.
        if (Warm >= Settings.WarmUpBins)
            return next.Measured(bin, IsSettled);
        return bin.Candidate.Requests > 0 ? next with { Warm = Warm + bin.Length } : next;
    }

    public Judgement Judge(double share, TimeSpan inStep) => SequentialJudge.Judge(this, share, inStep);

    /// <summary>ln e* of each metric that is measured: errors, then latency.</summary>
    public ValueList<double> Combined() =>
        Combination.FamilyWise(LogWorseLatency is { } latency ? [LogWorseErrors, latency] : [LogWorseErrors]);

    private Evidence AtShare(double share)
    {
        var least = Math.Max(share, 1e-6);
        return this with
        {
            Share = share,
            InStep = default,
            Errors = Errors.AtMargin(Settings.Margin(least, Errors.Expected)),
            // What is not worth a rollback need not be ruled out either.
            Slower = Slower.Select(edge => edge.AtMargin(Math.Max(Settings.LatencyFloor, Settings.Margin(least, edge.Expected)))).ToValueList(),
        };
    }

    /// <param name="settled">Latency counts. What was left out does not count later either.</param>
    private Evidence Measured(TrafficBin bin, bool settled)
    {
        var errors = BlockOf(bin.Candidate, bin.Baseline, arm => arm.Errors);
        var twin = bin.Twin is null ? (Block?)null : PartsOf(bin, arm => arm.Errors);
        var compared = Errors.Add(errors, twin);
        var next = this with
        {
            InStep = InStep + errors,
            Total = Total + errors,
            // Of the same blocks: in a measurement of few requests one version has none, and nothing could be told from it.
            ErrorRatio = ErrorRatio.Add(compared.Seen - Errors.Seen, Errors.Dispersion.Value),
            Errors = compared,
            Slower = !settled ? Slower : Slower.Select((edge, i) => HasEdge(bin, i) ? SlowerAt(edge, bin, i) : edge).ToValueList(),
            Twin = twin is { } parts ? (Twin ?? SelfComparison.Begin(Settings.Tolerated)).Add(parts, Errors.Dispersion.Value) : Twin,
        };
        return next with { HighestWorse = Math.Max(HighestWorse, next.Combined().Max()) };
    }

    private static RateComparison SlowerAt(RateComparison edge, TrafficBin bin, int i) => edge.Add(
        BlockOf(bin.Candidate, bin.Baseline, arm => arm.Slower[i]), bin.Twin is null ? null : PartsOf(bin, arm => arm.Slower[i]));

    private static bool HasEdge(TrafficBin bin, int edge) =>
        edge < bin.Candidate.Slower.Count && edge < bin.Baseline.Slower.Count && !(edge >= bin.Twin?.Slower.Count);

    private static Block PartsOf(TrafficBin bin, Func<ArmCounts, long> hits)
    {
        var whole = BlockOf(bin.Twin!, bin.Baseline, hits);
        return BlockOf(
            whole.CandidateRequests, whole.CandidateHits,
            whole.BaselineRequests - whole.CandidateRequests, whole.BaselineHits - whole.CandidateHits);
    }

    private static Block BlockOf(ArmCounts candidate, ArmCounts baseline, Func<ArmCounts, long> hits) => BlockOf(
        candidate.Requests, candidate.Requests == 0 ? 0 : hits(candidate), baseline.Requests, baseline.Requests == 0 ? 0 : hits(baseline));

    private static Block BlockOf(long candidateRequests, long candidateHits, long baselineRequests, long baselineHits)
    {
        var (candidate, baseline) = (Math.Max(0, candidateRequests), Math.Max(0, baselineRequests));
        return new(candidate, Math.Clamp(candidateHits, 0, candidate), baseline, Math.Clamp(baselineHits, 0, baseline));
    }
}
