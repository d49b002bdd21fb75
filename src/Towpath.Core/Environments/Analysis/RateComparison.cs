using Towpath.Core.Environments.Analysis.Numerics;

namespace Towpath.Core.Environments.Analysis;

/// <summary>One rate of both versions, of errors or of slow requests: is the candidate's worse, is it not?</summary>
/// <param name="Past">The live version's rate before; it counts as <see cref="PastCounts"/> requests.</param>
/// <param name="Pending">What is too little to be a block yet.</param>
/// <param name="Seen">All blocks so far.</param>
/// <param name="AboveFloor">Against a difference that is not worth a rollback; null: every difference is.</param>
/// <param name="NotWorse">Begun again with each share of traffic.</param>
public sealed record RateComparison(
    double Past, Block Pending, Block Seen, RateTest Worse, RateTest? AboveFloor, RateTest NotWorse, Dispersion Dispersion)
{
    /// <summary>κ.</summary>
    public const double PastCounts = 1000;

    /// <summary>Fewer requests of one version are taken together with those of the next measurement.</summary>
    public const long LeastRequests = 5;

    public static RateComparison Begin(double past, double tolerated, double floor) => new(
        past, default, default, RateTest.OfWorse(new Line(tolerated, 0)), floor > 0 ? RateTest.OfWorse(new Line(1, floor)) : null,
        RateTest.OfNotWorse(AnalysisSettings.MarginAtMost), Dispersion.None);

    /// <summary>The live version's rate as it would be guessed for the next block.</summary>
    public double Expected => ((PastCounts * Past) + Seen.BaselineHits) / (PastCounts + Seen.BaselineRequests);

    /// <summary>ln E against "not worse than tolerated", and against the floor: the smaller one counts.</summary>
    public double LogWorse => AboveFloor is { } floor ? Math.Min(Worse.LogE, floor.LogE) : Worse.LogE;

    /// <summary>Another share of traffic: what is asked for an advance is asked anew, of what comes from now on.</summary>
    public RateComparison AtMargin(double margin) => this with { Pending = default, NotWorse = RateTest.OfNotWorse(margin) };

    /// <param name="twin">Candidate: a part of the live version, baseline: the rest; null: not known.</param>
    public RateComparison Add(Block bin, Block? twin)
    {
        var next = (this with { Pending = Pending + bin }).Settled();
        return next with
        {
            Dispersion = twin is { } parts ? Dispersion.AddParts(parts) : Dispersion.AddNext(bin.BaselineRequests, bin.BaselineHits),
        };
    }

    /// <summary>The candidate's rates to bet on, at the given rate of the live version.</summary>
    public double[] Alternatives(double expected)
    {
        var tolerated = Worse.Line.Ratio;
        var rates = RatioGrid.Between(tolerated, Math.Clamp(RatioGrid.RateAtMost / Past, tolerated * 1.01, RatioGrid.Most));
        for (var k = 0; k < rates.Length; k++)
            rates[k] = Math.Min(RatioGrid.RateAtMost, rates[k] * expected);
        return rates;
    }

    private RateComparison Settled()
    {
        if (Pending.CandidateRequests < LeastRequests || Pending.BaselineRequests < LeastRequests)
            return this;
        // All of it was known before the block came: the rate, the alternatives and the dispersion.
        var (expected, dispersion) = (Expected, Dispersion.Value);
        var rates = Alternatives(expected);
        return this with
        {
            Pending = default,
            Seen = Seen + Pending,
            Worse = Worse.Add(Pending, expected, rates, dispersion),
            AboveFloor = AboveFloor?.Add(Pending, expected, rates, dispersion),
            NotWorse = NotWorse.AddNotWorse(Pending, expected, dispersion),
        };
    }
}
