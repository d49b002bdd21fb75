namespace Towpath.Core.Environments.Analysis;

/// <summary>The candidate's rates that a hypothesis draws a line at, one for each rate of the baseline: ratio × baseline + margin.</summary>
/// <param name="Ratio">Above 0.</param>
/// <param name="Margin">At least 0 and below 1.</param>
public readonly record struct Line(double Ratio, double Margin)
{
    /// <summary>The candidate's rate at the baseline's rate <paramref name="b"/>; may be above 1.</summary>
    public double At(double b) => (Ratio * b) + Margin;
}

/// <summary>What two versions did in one stretch of time.</summary>
/// <param name="CandidateHits">Those of its requests that failed, or were slow; so many at most.</param>
public readonly record struct Block(long CandidateRequests, long CandidateHits, long BaselineRequests, long BaselineHits)
{
    public static Block operator +(Block one, Block other) => new(
        one.CandidateRequests + other.CandidateRequests, one.CandidateHits + other.CandidateHits,
        one.BaselineRequests + other.BaselineRequests, one.BaselineHits + other.BaselineHits);

    public static Block operator -(Block one, Block other) => new(
        one.CandidateRequests - other.CandidateRequests, one.CandidateHits - other.CandidateHits,
        one.BaselineRequests - other.BaselineRequests, one.BaselineHits - other.BaselineHits);
}
