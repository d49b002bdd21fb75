namespace Towpath.Core.Environments.Analysis;

/// <summary>
/// Whether a program that was just started has become as quick as it gets. Its caches fill and its code is compiled, and where processors are scarce
/// that takes longer than any fixed warm-up. Its latency counts from then on. Whether a measurement counts is known before it is made, so
/// that e-values stay what they are.
/// </summary>
/// <param name="Windows">Stretches of time that were compared, each with the one before.</param>
/// <param name="Steady">So many in a row in which it did not get quicker.</param>
/// <param name="Gathered">The stretch under way: candidate and baseline; hits are the requests slower than an edge, averaged over the edges.</param>
/// <param name="Bins">How long it is so far.</param>
public sealed record Settling(int Windows, int Steady, Block Gathered, int Bins, Block? Last)
{
    /// <summary>Then it counts, whatever it does: what gets quicker for two minutes is slow.</summary>
    private const int WindowsAtMost = 12;

    private const int SteadyWindows = 2;
    private const double WindowSeconds = 5;

    /// <summary>Standard errors. A window that only looks quicker by chance costs a little time; one that is quicker and not seen costs a good version.</summary>
    private const double Quicker = 1;

    public static Settling None { get; } = new(0, 0, default, 0, null);

    public bool IsOver => Steady >= SteadyWindows || Windows >= WindowsAtMost;

    public Settling Add(TrafficBin bin, double binSeconds)
    {
        if (IsOver || bin.Candidate.Requests <= 0 || bin.Candidate.Slower.Count == 0)
            return this;
        var next = this with { Gathered = Gathered + BlockOf(bin), Bins = Bins + bin.Length };
        if (next.Bins * binSeconds < WindowSeconds)
            return next;
        return new(Windows + 1, Last is { } last && !IsQuicker(last, next.Gathered) ? Steady + 1 : 0, default, 0, next.Gathered);
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
