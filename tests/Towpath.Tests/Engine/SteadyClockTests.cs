using Towpath.Engine;
using Towpath.Tests.Core;

namespace Towpath.Tests.Engine;

/// <summary>What the loop takes the time to be when somebody sets the clock.</summary>
public sealed class SteadyClockTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly SetTime time = new(Sample.Noon);
    private readonly SteadyClock clock;

    public SteadyClockTests() => clock = new SteadyClock(time);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Clock_that_nobody_sets_is_the_wall_clock(bool isUnderWay)
    {
        time.Pass(Minute);
        Assert.Equal(Sample.Noon + Minute, clock.Now(isUnderWay));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void Clock_that_is_set_is_believed_at_once_when_nothing_is_under_way(int hours)
    {
        time.Set(hours * Hour);
        Assert.Equal(Sample.Noon + (hours * Hour), clock.Now(isUnderWay: false));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void Clock_that_is_set_moves_the_time_by_a_tenth_of_what_passes_while_something_is_under_way(int hours)
    {
        time.Set(hours * Hour);
        Assert.Equal(Sample.Noon, clock.Now(isUnderWay: true));
        time.Pass(20 * Minute);
        Assert.Equal(Sample.Noon + (20 * Minute) + (hours * 2 * Minute), clock.Now(isUnderWay: true));
        Assert.Equal(time.GetUtcNow(), clock.Now(isUnderWay: false));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void Server_that_is_never_idle_comes_back_to_the_wall_clock(int hours)
    {
        time.Set(hours * Hour);
        for (var minute = 0; minute < 10 * 60; minute++)
        {
            time.Pass(Minute);
            clock.Now(isUnderWay: true);
        }

        Assert.Equal(time.GetUtcNow(), clock.Now(isUnderWay: true));
    }

    [Fact]
    public void Small_corrections_are_taken_over_at_once()
    {
        time.Set(SteadyClock.Tolerance);
        Assert.Equal(time.GetUtcNow(), clock.Now(isUnderWay: true));
        time.Set(-SteadyClock.Tolerance);
        Assert.Equal(time.GetUtcNow(), clock.Now(isUnderWay: true));
    }

    [Fact]
    public void Looking_often_and_looking_seldom_come_to_the_same()
    {
        var seldom = new SteadyClock(time);
        time.Set(Hour);
        for (var second = 0; second < 600; second++)
        {
            time.Pass(TimeSpan.FromSeconds(1));
            clock.Now(isUnderWay: true);
        }

        Assert.Equal(seldom.Now(isUnderWay: true), clock.Now(isUnderWay: true));
    }
}
