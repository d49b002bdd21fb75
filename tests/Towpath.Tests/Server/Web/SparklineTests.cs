using Towpath.Engine.Views;
using Towpath.Server.Web;
using Towpath.Server.Web.Overviews;

namespace Towpath.Tests.Server.Web;

/// <summary>The last minutes in a few letters.</summary>
public sealed class SparklineTests
{
    [Fact]
    public void Without_requests_or_with_a_moment_only_there_is_none()
    {
        Assert.Null(Sparkline.Of([]));
        Assert.Null(Sparkline.Of([new(5, 0), new(5, 0), new(5, 0)]));
        Assert.Null(Sparkline.Of(Points(60, _ => new(0, 0))));
    }

    [Fact]
    public void Newest_is_at_the_right_and_the_most_at_the_top()
    {
        var line = Sparkline.Of(Points(60, index => new(index < 32 ? 1 : 2, 0)))!;
        Assert.Equal("M0 6h3h3h3h3h3h3h3l3-5h3h3h3h3h3h3", line.Requests);
        Assert.Equal("", line.Errors);
        // Two points of four samples: the others are to come.
        Assert.Equal("M39 1l3 5", Sparkline.Of(Points(8, index => new(index < 4 ? 2 : 1, 0)))!.Requests);
    }

    [Fact]
    public void Errors_have_the_same_scale_and_the_fewest_are_seen()
    {
        var line = Sparkline.Of(Points(8, index => new(1000, index < 4 ? 0 : 1)))!;
        Assert.Equal("M39 10l3-1", line.Errors);
    }

    private static IReadOnlyList<HealthPoint> Points(int count, Func<int, HealthPoint> point) => [.. Enumerable.Range(0, count).Select(point)];
}
