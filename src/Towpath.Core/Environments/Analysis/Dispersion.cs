namespace Towpath.Core.Environments.Analysis;

/// <summary>
/// How much more a version's rate varies than independent requests would: the mean of squared differences over their expectation
/// (Pearson's X² per degree of freedom), of two parts at the same time or of one part and the next. 3 means that events come in
/// threes, as with clients that try again; then three count as one.
/// </summary>
/// <param name="First">What is gathered until there are enough hits to compare.</param>
/// <param name="Last">The stretch before, where there is no second part.</param>
/// <param name="Hits">All so far, for how many are to be expected.</param>
/// <param name="Squares">The sum of squared differences.</param>
public sealed record Dispersion(long Requests, long Hits, Block Gathered, Block? Last, double Squares, int Comparisons)
{
    private const double HitsToCompare = 5;
    private const int LeastComparisons = 10;

    /// <summary>An outage that both versions share is one jump up and one down; it must not count as all there is.</summary>
    private const double SquareAtMost = 30;

    public static Dispersion None { get; } = new(0, 0, default, null, 0, 0);

    /// <summary>At least 1; 1 also while it could be chance that it is more (three standard errors).</summary>
    public double Value => Comparisons >= LeastComparisons && Squares / Comparisons is var mean && mean > 1 + (3 * Math.Sqrt(3.0 / Comparisons))
        ? mean
        : 1;

    /// <param name="part">Candidate: one random part of the live version; baseline: the rest of it, at the same time.</param>
    public Dispersion AddParts(Block part) => Add(part, gathered => this with
    {
        Gathered = default,
        Squares = Squares + Square(gathered),
        Comparisons = Comparisons + 1,
    });

    /// <summary>Where there are no two parts: what comes next against what came before.</summary>
    public Dispersion AddNext(long requests, long hits) => Add(new Block(0, 0, requests, hits), gathered => Last is { } last
        ? this with
        {
            Gathered = default,
            Last = gathered,
            Squares = Squares + Square(gathered with { CandidateRequests = last.BaselineRequests, CandidateHits = last.BaselineHits }),
            Comparisons = Comparisons + 1,
        }
        : this with { Gathered = default, Last = gathered });

    private Dispersion Add(Block block, Func<Block, Dispersion> compare)
    {
        var gathered = Gathered + block;
        var expected = (Hits + 0.5) / (Requests + 1.0) * gathered.BaselineRequests;
        var next = expected < HitsToCompare || Requests == 0 ? this with { Gathered = gathered } : compare(gathered);
        return next with { Requests = Requests + block.BaselineRequests, Hits = Hits + block.BaselineHits };
    }

    private static double Square(Block block)
    {
        if (block.CandidateRequests == 0 || block.BaselineRequests == 0)
            return 1;
        double requests = block.CandidateRequests + block.BaselineRequests;
        var rate = (block.CandidateHits + block.BaselineHits) / requests;
        var difference = ((double)block.CandidateHits / block.CandidateRequests) - ((double)block.BaselineHits / block.BaselineRequests);
        var expected = rate * (1 - rate) * requests / block.CandidateRequests / block.BaselineRequests;
        return expected > 0 ? Math.Min(SquareAtMost, difference * difference / expected) : 0;
    }
}
