namespace Towpath.Core.Environments.Analysis;

/// <summary>
/// Whether a program that was just started has become as quick as it gets. Its caches fill and its code is compiled, and where processors are scarce
/// that takes longer than any fixed warm-up. Its latency counts from then on. Whether a measurement counts is known before it is made, so
/// that e-values stay what they are.
/// </summary>
/// <param name="Seconds">In which it had requests, so far.</param>
/// <param name="Steady">Stretches in a row in which it did not get quicker.</param>
/// <param name="Gathered">The stretch under way; hits are the requests slower than an edge, averaged over the edges.</param>
/// <param name="GatheredSeconds">How long it is so far.</param>
public sealed record Settling(double Seconds, int Steady, Block Gathered, double GatheredSeconds, Block? Last)
{
    /// <summary>Then it counts, whatever it does: what gets quicker for two minutes is slow.</summary>
    private const double SecondsAtMost = 120;

    private const int SteadyStretches = 2;

    /// <summary>Of a stretch; shorter ones, and those in which it had fewer requests, show no difference.</summary>
    private const double LeastSeconds = 5;
    private const long LeastRequests = 50;

    /// <summary>Standard errors. A stretch that only looks quicker by chance costs a little time; one that is quicker and not seen costs a good version.</summary>
    private const double Quicker = 1;

    public static Settling None { get; } = new(0, 0, default, 0, null);

    public bool IsOver => Steady >= SteadyStretches || Seconds >= SecondsAtMost;

    public Settling Add(TrafficBin bin, double binSeconds)
    {
        if (IsOver || bin.Candidate.Requests <= 0 || bin.Candidate.Slower.Count == 0)
            return this;
        var seconds = bin.Length * binSeconds;
        var next = this with { Seconds = Seconds + seconds, Gathered = Gathered + BlockOf(bin), GatheredSeconds = GatheredSeconds + seconds };
        if (next.GatheredSeconds < LeastSeconds || next.Gathered.CandidateRequests < LeastRequests)
            return next;
        return new(next.Seconds, Last is { } last && !IsQuicker(last, next.Gathered) ? Steady + 1 : 0, default, 0, next.Gathered);
    }

    /// <summary>By more than the live version got quicker meanwhile: what both share says nothing.</summary>
    private static bool IsQuicker(Block before, Block now)
    {
        var gain = Rate(before.CandidateHits, before.CandidateRequests) - Rate(now.CandidateHits, now.CandidateRequests)
            - Rate(before.BaselineHits, before.BaselineRequests) + Rate(now.BaselineHits, now.BaselineRequests);
        var variance = Variance(before.CandidateHits, before.CandidateRequests) + Variance(now.CandidateHits, now.CandidateRequests)
            + Variance(before.BaselineHits, before.BaselineRequests) + Variance(now.BaselineHits, now.BaselineRequests);
        return gain > Quicker * Math.Sqrt(variance);
    }

    private static Block BlockOf(TrafficBin bin) => new(
        Math.Max(0, bin.Candidate.Requests), Mean(bin.Candidate.Slower), Math.Max(0, bin.Baseline.Requests), Mean(bin.Baseline.Slower));

    /// <summary>Over the edges, which say almost the same: a request that is slower than one is slower than those before it.</summary>
    private static long Mean(ValueList<long> slower) => slower.Count == 0 ? 0 : (long)Math.Round((double)slower.Sum() / slower.Count);

    private static double Rate(long hits, long requests) => requests == 0 ? 0 : Math.Clamp((double)hits / requests, 0, 1);

    private static double Variance(long hits, long requests) =>
        requests == 0 ? 0.25 : Rate(hits, requests) is var rate ? ((rate * (1 - rate)) + (1.0 / requests)) / requests : 0;
}
