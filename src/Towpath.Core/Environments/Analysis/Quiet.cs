namespace Towpath.Core.Environments.Analysis;

/// <summary>For how long a version has had no requests, and whether that is remarkable: with little traffic it is not.</summary>
/// <param name="CandidateBins">Measurements in a row in which the live version had requests and the candidate none; a long one counts as several.</param>
/// <param name="Missed">How many the candidate should have had meanwhile.</param>
/// <param name="BothBins">Measurements in a row in which nobody had any.</param>
public sealed record Quiet(int CandidateBins, double Missed, int BothBins)
{
    private const int LeastBins = 3;

    /// <summary>Independent requests stay away by chance with probability e^−10, once in twenty thousand.</summary>
    private const double LeastMissed = 10;

    public static Quiet None { get; } = new(0, 0, 0);

    public Quiet Add(TrafficBin bin)
    {
        if (bin.Candidate.Requests > 0)
            return None;
        if (bin.Baseline.Requests <= 0)
            return this with { BothBins = BothBins + bin.Length };
        var share = Math.Clamp(bin.Share, 0, 0.99);
        return new(CandidateBins + bin.Length, Missed + (bin.Baseline.Requests * share / (1 - share)), 0);
    }

    /// <param name="requestsPerSecond">Of all traffic, as it was; 0: not known.</param>
    public Silence Of(double requestsPerSecond, double binSeconds) =>
        BothBins >= LeastBins && (requestsPerSecond <= 0 || requestsPerSecond * binSeconds * BothBins >= LeastMissed) ? Silence.Both
        : CandidateBins >= LeastBins && Missed >= LeastMissed ? Silence.Candidate
        : Silence.None;
}
