using Towpath.Protocol.Measures;

namespace Towpath.Tests.Protocol.Measures;

public sealed class LatencyBucketsTests
{
    [Fact]
    public void Every_time_is_in_the_bucket_whose_edges_are_around_it()
    {
        var random = new Random(1);
        var times = Enumerable.Range(0, 5000).Select(us => (long)us)
            .Concat(Enumerable.Range(0, 100_000).Select(_ => (long)Math.Pow(2, random.NextDouble() * 27)))
            .Concat(Enumerable.Range(6, 21).SelectMany(power => new[] { (1L << power) - 1, 1L << power }));
        foreach (var us in times)
        {
            var index = LatencyBuckets.IndexOf(us);
            Assert.InRange(us, LatencyBuckets.LowerEdge(index), LatencyBuckets.LowerEdge(index + 1) - 1);
        }
    }

    [Fact]
    public void Edges_rise_and_no_bucket_from_64_us_on_is_wider_than_a_32nd_of_its_lower_edge()
    {
        for (var i = 0; i < LatencyBuckets.Count - 1; i++)
        {
            var (lower, upper) = (LatencyBuckets.LowerEdge(i), LatencyBuckets.LowerEdge(i + 1));
            Assert.InRange(upper - lower, 1, Math.Max(1, lower / 32));
        }
    }

    [Theory]
    [InlineData(-5, 0)]
    [InlineData((1L << 27) - 1, LatencyBuckets.Count - 2)]
    [InlineData(1L << 27, LatencyBuckets.Count - 1)]
    [InlineData(long.MaxValue, LatencyBuckets.Count - 1)]
    public void What_lies_outside_is_in_the_first_or_the_last_bucket(long microseconds, int index) =>
        Assert.Equal(index, LatencyBuckets.IndexOf(microseconds));

    [Fact]
    public void Quantiles_are_at_most_a_64th_off()
    {
        var random = new Random(1);
        var times = Enumerable.Range(0, 9_999).Select(_ => (long)(3000 * Math.Exp(0.8 * (random.NextDouble() + random.NextDouble() - 1)))).ToList();
        var counts = new long[LatencyBuckets.Count];
        times.ForEach(us => counts[LatencyBuckets.IndexOf(us)]++);
        times.Sort();

        foreach (var part in new[] { 0, 0.01, 0.5, 0.75, 0.95, 0.99, 1 })
        {
            var exact = times[Math.Max(0, (int)Math.Ceiling(part * times.Count) - 1)];
            Assert.InRange(LatencyBuckets.Quantile(counts, part)!.Value, exact * (1 - (1 / 64.0)), exact * (1 + (1 / 64.0)));
        }

        Assert.Null(LatencyBuckets.Quantile([], 0.5));
        Assert.Equal(1L << 27, LatencyBuckets.Quantile([.. new long[LatencyBuckets.Count - 1], 1], 0.5));
    }
}
