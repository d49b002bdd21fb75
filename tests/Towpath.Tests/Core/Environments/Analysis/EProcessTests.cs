using CsCheck;
using Towpath.Core;
using Towpath.Core.Environments.Analysis;
using Towpath.Core.Environments.Analysis.Bands;

namespace Towpath.Tests.Core.Environments.Analysis;

/// <summary>What carries every promise of the judge: while the hypothesis holds, no e-value is expected above 1. Computed, not simulated.</summary>
public sealed class EProcessTests
{
    private const double Rounding = 1e-9;

    private static readonly double[] Rates = [0.001, 0.01, 0.05, 0.1, 0.3, 0.5, 0.75, 0.9, 0.99];

    public static TheoryData<double, double, bool> Hypotheses => new()
    {
        { 1, 0, true }, { 1.25, 0, true }, { 2, 0, true }, { 1, 0.05, true }, { 1, 0.05, false }, { 1, 0.3, false }, { 1.25, 0.02, true },
    };

    [Theory]
    [MemberData(nameof(Hypotheses))]
    public void Block_is_not_expected_above_1(double ratio, double margin, bool below)
    {
        var line = new Line(ratio, margin);
        foreach (var (na, nb) in new[] { (1, 1), (5, 20), (12, 5) })
        {
            foreach (var (a, b) in Pairs())
            {
                var value = Once(block => TwoByTwo.LogS(block, a, b, line, below));
                Assert.All(TruePairs(line, below), truth =>
                    Assert.InRange(Expectation(na, nb, truth.A, truth.B, value), 0, 1 + Rounding));
            }
        }
    }

    [Fact]
    public void Block_that_is_held_against_the_wrong_pair_is_expected_above_1() => Assert.True(
        Expectation(5, 20, 0.1, 0.1, block => TwoByTwo.LogS(block, 0.3, 0.1, new Line(0.5, 0), below: true)) > 1.01);

    [Fact]
    public void Block_is_expected_to_grow_where_the_alternative_is_true() => Assert.All(Pairs().Where(pair => pair.A > 1.25 * pair.B), pair =>
    {
        var (line, growth) = (new Line(1.25, 0), 0.0);
        Expectation(5, 8, pair.A, pair.B, _ => 0, (block, probability) => growth += probability * TwoByTwo.LogS(block, pair.A, pair.B, line, true));
        Assert.Equal(TwoByTwo.Growth(5, 8, pair.A, pair.B, line), growth, 1e-9);
        Assert.True(growth > 0);
    });

    [Theory]
    [InlineData(1)]
    [InlineData(1.25)]
    [InlineData(3)]
    public void Errors_alone_are_not_expected_above_1(double tolerated)
    {
        foreach (var (na, nb) in new[] { (1, 1), (3, 30), (10, 10) })
        {
            var value = Once(block => ErrorRatio.Begin(tolerated).Add(block).LogE);
            Assert.All(TruePairs(new Line(tolerated, 0), below: true), truth =>
                Assert.InRange(Expectation(na, nb, truth.A, truth.B, value), 0, 1 + Rounding));
        }
    }

    [Fact]
    public void Errors_alone_are_expected_above_1_where_the_new_version_is_worse() =>
        Assert.True(Expectation(10, 10, 0.3, 0.1, block => ErrorRatio.Begin(1).Add(block).LogE) > 1.1);

    [Fact]
    public void Shares_of_errors_are_expected_to_stay_as_they_are() => Gen.Int[0, 400].Array[3].Sample(counts =>
    {
        ValueList<double> shares = [0.1, 0.3, 0.6];
        var errors = counts.Select(count => (long)count).ToValueList();
        var now = ErrorShare.LogOdds(errors, shares, 100);
        var next = Enumerable.Range(0, 3)
            .Sum(arm => shares[arm] * Math.Exp(ErrorShare.LogOdds(errors.SetItem(arm, errors[arm] + 1), shares, 100) - now));
        Assert.Equal(1, next, 1e-9);
    });

    [Fact]
    public void Extreme_counts_of_errors_give_numbers() => Gen.Int[0, 3].Array[3].Sample(places =>
    {
        var counts = places.Select(place => new[] { 0L, 1, 1000, 1_000_000_000 }[place]).ToArray();
        ValueList<double> shares = [0.01, 0.09, 0.9];
        Assert.True(double.IsFinite(ErrorShare.LogOdds(counts.ToValueList(), shares, 100)));
        Assert.InRange(ErrorShare.FirstIsHighestP(counts.ToValueList(), shares, 100), 0, 1);
        Assert.True(double.IsFinite(ErrorShare.LogLarger(counts[0], counts[1], 0.05)));
        var (low, high) = ErrorShare.LogRatio([counts[0] + 1, counts[1] + 1], [0.1, 0.9], 100, 0.05);
        Assert.True(double.IsFinite(low) && double.IsFinite(high) && low <= high, $"{low} {high}");
    });

    [Fact]
    public void Mixture_of_a_rate_is_expected_to_stay_as_it_is() => Gen.Select(Gen.Double[0.02, 0.98], Gen.Int[1, 500], Gen.Double[0, 1]).Sample(
        (rate, requests, share) =>
        {
            var mixture = BetaBinomialMixture.At(rate * (1 - rate) * 100, rate, 1 - rate, oneSided: false);
            var hits = Math.Round(share * requests);
            var next = (rate * Times(hits + 1)) + ((1 - rate) * Times(hits));
            Assert.Equal(1, next, 1e-6);

            double Times(double sum) => Math.Exp(At(sum, requests + 1) - At(hits, requests));
            double At(double sum, double count) => mixture.LogValue(sum - (rate * count), rate * (1 - rate) * count);
        });

    [Fact]
    public void Combination_is_a_mean_of_some_and_below_each_alone() => Gen.Double[-20, 20].Array[1, 6].Sample(logs =>
    {
        var combined = Combination.FamilyWise(logs.ToValueList());
        for (var i = 0; i < logs.Length; i++)
            Assert.Equal(LeastMeanWith(i), combined[i], 1e-9);

        double LeastMeanWith(int i) => Enumerable.Range(0, 1 << logs.Length).Where(set => (set & (1 << i)) != 0).Min(set =>
            Math.Log(Enumerable.Range(0, logs.Length).Where(j => (set & (1 << j)) != 0).Average(j => Math.Exp(logs[j]))));
    });

    private static IEnumerable<(double A, double B)> Pairs() => from a in Rates from b in Rates select (a, b);

    private static IEnumerable<(double A, double B)> TruePairs(Line line, bool below) =>
        Pairs().Concat(Rates.Select(b => (A: line.At(b), B: b)))
            .Where(pair => pair.A <= 1 && (below ? pair.A <= line.At(pair.B) : pair.A >= line.At(pair.B)));

    private static double Expectation(
        int na, int nb, double a, double b, Func<Block, double> logValue, Action<Block, double>? visit = null)
    {
        var sum = 0.0;
        for (var ya = 0; ya <= na; ya++)
        {
            for (var yb = 0; yb <= nb; yb++)
            {
                var (block, probability) = (new Block(na, ya, nb, yb), Binomial(na, ya, a) * Binomial(nb, yb, b));
                visit?.Invoke(block, probability);
                sum += probability * Math.Exp(logValue(block));
            }
        }

        return sum;
    }

    /// <summary>The same value is asked for under every truth.</summary>
    private static Func<Block, double> Once(Func<Block, double> logValue)
    {
        var known = new Dictionary<Block, double>();
        return block => known.TryGetValue(block, out var value) ? value : known[block] = logValue(block);
    }

    private static double Binomial(int n, int hits, double rate)
    {
        var ways = 1.0;
        for (var i = 0; i < hits; i++)
            ways *= (double)(n - i) / (i + 1);
        return ways * Math.Pow(rate, hits) * Math.Pow(1 - rate, n - hits);
    }
}
