using Towpath.Core.Environments.Analysis;

namespace Towpath.Tests.Core.Environments.Analysis;

/// <summary>Requests that fail together are counted for what they are.</summary>
public sealed class DispersionTests
{
    [Theory]
    [InlineData(1, 0.9, 1.1)]
    [InlineData(4, 3, 5)]
    public void Errors_that_come_in_groups_count_as_one_each(int together, double least, double most)
    {
        var (next, parts, random) = (Dispersion.None, Dispersion.None, new Random(1));
        for (var bin = 0; bin < 1000; bin++)
        {
            next = next.AddNext(2000, together * Poisson(random, 20.0 / together));
            parts = parts.AddParts(new Block(500, together * Poisson(random, 5.0 / together), 1500, together * Poisson(random, 15.0 / together)));
        }

        Assert.InRange(next.Value, least, most);
        Assert.InRange(parts.Value, least, most);
    }

    [Fact]
    public void Outage_of_both_versions_does_not_blind()
    {
        var (dispersion, random) = (Dispersion.None, new Random(2));
        for (var bin = 0; bin < 200; bin++)
            dispersion = dispersion.AddNext(2000, Poisson(random, bin is > 90 and < 100 ? 900 : 20));
        Assert.InRange(dispersion.Value, 1, 2);
    }

    [Fact]
    public void Few_comparisons_say_nothing() => Assert.Equal(
        1, Enumerable.Range(0, 9).Aggregate(Dispersion.None, (state, bin) => state.AddNext(1000, bin % 2 == 0 ? 10 : 60)).Value);

    [Fact]
    public void Errors_that_come_in_groups_do_not_roll_back()
    {
        // Three clients in four try again four times: groups of 4 errors.
        var worse = Enumerable.Range(1, 40).Count(seed =>
        {
            var (random, comparison) = (new Random(seed), RateComparison.Begin(0.01, 1.25, 0));
            for (var bin = 0; bin < 300; bin++)
                comparison = comparison.Add(new Block(1000, 8 * Poisson(random, 10.0 / 8), 1000, 8 * Poisson(random, 10.0 / 8)), null);
            return comparison.Worse.LogE >= Math.Log(20);
        });
        Assert.InRange(worse, 0, 5);
    }

    internal static int Poisson(Random random, double mean)
    {
        var (count, product) = (-1, 1.0);
        for (var limit = Math.Exp(-Math.Min(mean, 500)); product > limit; count++)
            product *= random.NextDouble();
        return count + (mean > 500 ? Poisson(random, mean - 500) : 0);
    }
}
