using Towpath.Router.Splitting;

namespace Towpath.Tests.Router;

public sealed class BlockSplitTests
{
    [Theory]
    [InlineData(0, 20, 0)]
    [InlineData(1, 10_000, 1)]
    [InlineData(25, 400, 1)]
    [InlineData(500, 20, 1)]
    [InlineData(625, 32, 2)]
    [InlineData(3333, 10_000, 3333)]
    [InlineData(5000, 20, 10)]
    [InlineData(9999, 10_000, 9999)]
    [InlineData(10_000, 20, 20)]
    public void Every_block_has_exactly_its_share(int share, int length, int candidates)
    {
        var split = new BlockSplit(share, new Random(1));

        Assert.Equal(length, split.BlockLength);
        for (var block = 0; block < 120; block++)
            Assert.Equal(candidates, Enumerable.Range(0, length).Count(_ => split.Next()));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(3333)]
    public void The_share_is_exact_when_many_threads_ask_at_once(int share)
    {
        const int Threads = 32;
        // As many whole blocks, drawn over and over, as all of them take together.
        const int Each = 10_000;
        var split = new BlockSplit(share, Random.Shared);
        var candidates = 0;
        using var together = new Barrier(Threads);
        var threads = Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
        {
            together.SignalAndWait();
            var own = 0;
            for (var i = 0; i < Each; i++)
                own += split.Next() ? 1 : 0;
            Interlocked.Add(ref candidates, own);
        })).ToList();

        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.Equal(Threads * Each / 10_000 * share, candidates);
    }

    [Fact]
    public void Each_place_in_a_block_is_as_likely_as_any_other_and_says_nothing_of_the_next_block()
    {
        const int Blocks = 20_000;
        var split = new BlockSplit(500, new Random(1));
        var places = Enumerable.Range(0, Blocks)
            .Select(_ => Enumerable.Range(0, split.BlockLength).Select(_ => split.Next()).ToList().IndexOf(true)).ToList();

        // Chi-squared with 19 and with 399 degrees of freedom: above these once in a hundred thousand.
        Assert.InRange(ChiSquared(places.CountBy(place => place).Select(one => one.Value), 20), 0, 57);
        Assert.InRange(ChiSquared(places.Zip(places.Skip(1)).CountBy(pair => pair).Select(one => one.Value), 400), 0, 525);

        static double ChiSquared(IEnumerable<int> counts, int cells)
        {
            var seen = counts.ToList();
            var expected = (double)seen.Sum() / cells;
            return seen.Concat(Enumerable.Repeat(0, cells - seen.Count)).Sum(count => Math.Pow(count - expected, 2) / expected);
        }
    }
}
