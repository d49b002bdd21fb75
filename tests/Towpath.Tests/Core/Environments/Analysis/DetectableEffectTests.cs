using Towpath.Core.Environments.Analysis;

namespace Towpath.Tests.Core.Environments.Analysis;

/// <summary>The judge says what it could have seen, and that is true.</summary>
public sealed class DetectableEffectTests
{
    [Theory]
    [InlineData(2000, 38_000, 0.01)]
    [InlineData(300, 5700, 0.01)]
    [InlineData(50_000, 200_000, 0.001)]
    public void Version_with_the_detectable_rate_is_rolled_back_about_every_second_time(int candidate, int baseline, double rate)
    {
        var detectable = DetectableEffect.Rate(candidate, baseline, rate, [new Line(1.25, 0)], 0.01)!.Value;
        var seen = Enumerable.Range(1, 200).Count(seed => IsSeen(new Random(seed), detectable));
        Assert.InRange(seen, 60, 160);
        Assert.InRange(Enumerable.Range(1, 200).Count(seed => IsSeen(new Random(seed), rate * 1.2)), 0, 5);

        bool IsSeen(Random random, double truth)
        {
            const int bins = 20;
            var (errors, highest) = (ErrorRatio.Begin(1.25), 0.0);
            for (var bin = 0; bin < bins; bin++)
            {
                errors = errors.Add(new Block(
                    candidate / bins, DispersionTests.Poisson(random, truth * candidate / bins),
                    baseline / bins, DispersionTests.Poisson(random, rate * baseline / bins)));
                highest = Math.Max(highest, errors.LogE);
            }

            return highest >= Math.Log(100);
        }
    }

    [Fact]
    public void More_traffic_shows_smaller_effects_and_none_shows_nothing()
    {
        Assert.Null(DetectableEffect.Rate(0, 1000, 0.01, [new Line(1.25, 0)], 0.01));
        Assert.Null(DetectableEffect.Rate(1, 1000, 0.01, [new Line(1.25, 0)], 0.01));
        var rates = new[] { 100, 1000, 10_000 }.Select(requests => DetectableEffect.Rate(requests, 100_000, 0.01, [new Line(1.25, 0)], 0.01)!.Value).ToList();
        Assert.Equal(rates.OrderDescending(), rates);
        Assert.All(rates, rate => Assert.InRange(rate, 0.0125, 0.5));
    }
}
