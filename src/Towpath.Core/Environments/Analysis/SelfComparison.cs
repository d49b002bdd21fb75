using Towpath.Core.Environments.Analysis.Numerics;

namespace Towpath.Core.Environments.Analysis;

/// <summary>
/// The live version against a random part of itself, as the candidate is compared with it. When this fires, what is counted is not
/// independent enough for the comparison: a broken client, retries, parts that get other traffic.
/// </summary>
/// <param name="Highest">ln of the largest e-value at any time.</param>
public sealed record SelfComparison(ErrorRatio PartWorse, ErrorRatio RestWorse, double Highest)
{
    public static SelfComparison Begin(double tolerated) => new(ErrorRatio.Begin(tolerated), ErrorRatio.Begin(tolerated), 0);

    /// <param name="parts">Candidate: the part; baseline: the rest.</param>
    public SelfComparison Add(Block parts, double dispersion)
    {
        var swapped = new Block(parts.BaselineRequests, parts.BaselineHits, parts.CandidateRequests, parts.CandidateHits);
        var (part, rest) = (PartWorse.Add(parts, dispersion), RestWorse.Add(swapped, dispersion));
        return new(part, rest, Math.Max(Highest, LogTail.Mean([part.LogE, rest.LogE])));
    }
}
