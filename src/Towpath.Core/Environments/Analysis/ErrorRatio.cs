using Towpath.Core.Environments.Analysis.Numerics;

namespace Towpath.Core.Environments.Analysis;

/// <summary>
/// The e-process of errors alone, against "the new version's error rate is at most r0 times the live one's": of errors at the traffic
/// share ρ, those of the new version are a share θ(r) = ρr / (1 − ρ + ρr) when its rate is r times as high, whatever that rate is
/// and however it drifts (Lindon, Malek: Anytime-valid inference for multinomial count data, 2022; averaged over forty ratios).
/// </summary>
/// <param name="Tolerated">r0, above 0.</param>
/// <param name="Logs">ln of weight times likelihood ratio, one for each ratio of the grid.</param>
public sealed record ErrorRatio(double Tolerated, ValueList<double> Logs)
{
    public static ErrorRatio Begin(double tolerated) => new(tolerated, RatioGrid.EvenLogs);

    /// <summary>ln E; summed up once, so <c>with</c> is not for <see cref="Logs"/>.</summary>
    public double LogE { get; } = LogTail.Sum(Logs);

    /// <summary>Shares may differ from one addition to the next; nothing starts again then.</summary>
    /// <param name="share">The new version's part of the requests among which these errors were, 0 to 1.</param>
    /// <param name="dispersion">At least 1: each error counts as so many fewer.</param>
    public ErrorRatio Add(double share, double candidateErrors, double baselineErrors, double dispersion = 1)
    {
        if (candidateErrors == 0 && baselineErrors == 0)
            return this;
        var (ratios, logs) = (RatioGrid.Between(Tolerated), new double[RatioGrid.Count]);
        var tolerated = 1 - share + (share * Tolerated);
        for (var k = 0; k < logs.Length; k++)
        {
            // ln[(1 − θ(r)) / (1 − θ(r0))]; the candidate's is larger by ln(r/r0).
            var other = Math.Log(tolerated / (1 - share + (share * ratios[k])));
            var own = candidateErrors == 0 ? 0 : candidateErrors * (other + Math.Log(ratios[k] / Tolerated));
            logs[k] = Logs[k] + ((own + (baselineErrors == 0 ? 0 : baselineErrors * other)) / dispersion);
        }

        return new(Tolerated, ValueList.Create<double>(logs));
    }

    /// <summary>
    /// The errors of one measurement at the share of requests that the candidate really had. That is exact also where errors are
    /// frequent: independent requests with rates on the hypothesis' side never let a block's value be expected above 1.
    /// </summary>
    public ErrorRatio Add(Block block, double dispersion = 1) => block.CandidateRequests == 0 || block.BaselineRequests == 0
        ? this
        : Add((double)block.CandidateRequests / (block.CandidateRequests + block.BaselineRequests),
            block.CandidateHits, block.BaselineHits, dispersion);

    /// <summary>The fewest of <paramref name="errors"/> errors at one share that are enough to roll back; one more than there are: none is.</summary>
    public static int Boundary(int errors, double share, double tolerated, double alpha)
    {
        var (low, high) = ((int)Math.Ceiling(errors * share * tolerated / (1 - share + (share * tolerated))), errors + 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Begin(tolerated).Add(share, middle, errors - middle).LogE >= Math.Log(1 / alpha))
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }
}
