using CsCheck;
using Towpath.Core.Environments.Analysis.Bands;

namespace Towpath.Tests.Core.Environments.Analysis;

/// <summary>The bands of the pictures hold the truth at all times at once.</summary>
public sealed class BandTests
{
    private const int Trials = 100;

    [Fact]
    public void Rate_leaves_its_band_at_no_time()
    {
        Assert.InRange(Misses(0.05, (hits, requests) => RateBand.Of(hits, requests, 0.05, 300) is var (low, high) && 0.05 >= low && 0.05 <= high), 0, 11);
        // The same look with an interval for one look only.
        Assert.InRange(Misses(0.05, (hits, requests) => Math.Abs((hits / requests) - 0.05) <= 1.96 * Math.Sqrt(0.05 * 0.95 / requests)), 15, Trials);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.95)]
    public void Quantile_leaves_its_band_at_no_time(double p)
    {
        var known = new Dictionary<double, (double Low, double High)>();
        // What is below the true quantile is a share; the band is told in shares, too.
        Assert.InRange(Misses(p, (below, requests) => below / requests >= Levels(requests).Low && below / requests <= Levels(requests).High), 0, 11);

        (double Low, double High) Levels(double requests) => known.TryGetValue(requests, out var levels)
            ? levels
            : known[requests] = QuantileBand.Levels(p, requests, 0.05, 300);
    }

    [Fact]
    public void Band_of_a_distribution_has_the_constant_of_the_paper()
    {
        var band = DistributionBand.Of(0.05);
        Assert.Equal(0.8 * Math.Log(1612 / 0.05), band.Constant, 0.05 * band.Constant);
        Assert.Equal(double.PositiveInfinity, DistributionBand.Of(0.05, from: 10).Radius(9));
        Assert.True(band.Radius(1000) > band.Radius(2000));
    }

    [Fact]
    public void Extreme_counts_give_bands_and_not_nonsense() =>
        Gen.Select(One(0, 1e-9, 0.01, 0.5, 1), One(0, 1, 1000, 1e9), One(1, 1e6)).Sample((share, requests, tight) =>
        {
            var (low, high) = RateBand.Of(Math.Floor(share * requests), requests, 0.01, tight);
            Assert.True(low is >= 0 and <= 1 && high is >= 0 and <= 1 && low <= high, $"{low} {high}");
            var (below, above) = QuantileBand.Levels(0.99, requests, 0.01, tight);
            Assert.True(below is >= 0 and <= 0.99 && above is >= 0.99 and <= 1, $"{below} {above}");
            Assert.False(double.IsNaN(DistributionBand.Of(0.01).Radius(requests)));
        });

    private static Gen<double> One(params double[] of) => Gen.Int[0, of.Length - 1].Select(i => of[i]);

    private static int Misses(double rate, Func<double, double, bool> holds) => Enumerable.Range(1, Trials).Count(seed =>
    {
        var (random, hits) = (new Random(seed), 0);
        for (var requests = 1; requests <= 3000; requests++)
        {
            hits += random.NextDouble() < rate ? 1 : 0;
            if ((requests < 50 || requests % 100 == 0) && requests >= 20 && !holds(hits, requests))
                return true;
        }

        return false;
    });
}
