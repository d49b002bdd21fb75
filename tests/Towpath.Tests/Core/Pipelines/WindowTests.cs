using System.Globalization;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Pipelines;

/// <summary>When windows are open and what freezes last, as the clocks of their zones show it: also on the two odd nights of a year.</summary>
public sealed class WindowTests
{
    [Theory]
    [InlineData("Mon-Fri 08:00-18:00 Europe/Amsterdam", "Mon-Fri 08:00-18:00 Europe/Amsterdam")]
    [InlineData("08:00-18:00", "08:00-18:00 UTC")]
    [InlineData("Mon-Sun 00:00-24:00 UTC", "00:00-24:00 UTC")]
    [InlineData("sat,mon-tue 22:00-06:00 UTC", "Mon,Tue,Sat 22:00-06:00 UTC")]
    [InlineData("Fri-Mon 22:00-06:00 UTC", "Mon,Fri,Sat,Sun 22:00-06:00 UTC")]
    public void Window_is_read_as_it_is_written(string text, string means) => Assert.Equal(means, Window(text).ToString());

    [Theory]
    [InlineData("whenever", "which is no window")]
    [InlineData("Mon-Fri 8:00-18:00 UTC", "which is no window")]
    [InlineData("Moo 08:00-18:00 UTC", "has a day that is none")]
    [InlineData("08:00-25:00 UTC", "has a time that no clock shows")]
    [InlineData("24:00-08:00 UTC", "has a time that no clock shows")]
    [InlineData("08:60-09:00 UTC", "has a time that no clock shows")]
    [InlineData("08:00-00:00 UTC", "has a time that no clock shows")]
    [InlineData("08:00-18:00 Amsterdam", "did you mean 'Europe/Amsterdam'?")]
    public void What_is_no_window_is_told_so(string text, string why)
    {
        Assert.False(Towpath.Core.Pipelines.Window.TryRead(text, out _, out var problem));
        Assert.Contains(why, problem, StringComparison.Ordinal);
    }

    [Theory]
    // A working day.
    [InlineData("Mon-Fri 08:00-18:00 Europe/Amsterdam", "2026-11-26T06:59Z", "2026-11-26T07:00Z", "2026-11-26T17:00Z")]
    [InlineData("Mon-Fri 08:00-18:00 Europe/Amsterdam", "2026-11-26T16:59Z", "2026-11-26T07:00Z", "2026-11-26T17:00Z")]
    [InlineData("Mon-Fri 08:00-18:00 Europe/Amsterdam", "2026-11-27T17:00Z", "2026-11-30T07:00Z", "2026-11-30T17:00Z")]
    // Over midnight, it belongs to the day on which it opens.
    [InlineData("Fri 22:00-04:00 UTC", "2026-11-28T03:59Z", "2026-11-27T22:00Z", "2026-11-28T04:00Z")]
    [InlineData("Fri 22:00-04:00 UTC", "2026-11-28T04:00Z", "2026-12-04T22:00Z", "2026-12-05T04:00Z")]
    // Summer begins on 2026-03-29: 02:00 is 03:00.
    [InlineData("01:00-05:00 Europe/Amsterdam", "2026-03-29T00:30Z", "2026-03-29T00:00Z", "2026-03-29T03:00Z")]
    [InlineData("02:30-05:00 Europe/Amsterdam", "2026-03-29T00:30Z", "2026-03-29T01:00Z", "2026-03-29T03:00Z")]
    [InlineData("00:00-02:30 Europe/Amsterdam", "2026-03-29T00:30Z", "2026-03-28T23:00Z", "2026-03-29T01:00Z")]
    [InlineData("02:10-02:50 Europe/Amsterdam", "2026-03-28T12:00Z", "2026-03-30T00:10Z", "2026-03-30T00:50Z")]
    // Summer ends on 2026-10-25: 02:00 to 03:00 comes twice.
    [InlineData("01:00-05:00 Europe/Amsterdam", "2026-10-25T00:30Z", "2026-10-24T23:00Z", "2026-10-25T04:00Z")]
    [InlineData("02:30-05:00 Europe/Amsterdam", "2026-10-25T00:00Z", "2026-10-25T00:30Z", "2026-10-25T04:00Z")]
    [InlineData("22:00-02:30 Europe/Amsterdam", "2026-10-25T00:45Z", "2026-10-24T20:00Z", "2026-10-25T01:30Z")]
    // Where clocks go by half an hour.
    [InlineData("01:45-03:00 Australia/Lord_Howe", "2026-10-03T12:00Z", "2026-10-03T15:15Z", "2026-10-03T16:00Z")]
    public void Window_opens_and_closes_as_the_clocks_show(string text, string now, string opens, string closes) =>
        Assert.Equal((Moment(opens), Moment(closes)), Window(text).Next(Moment(now)));

    /// <summary>Counted minute by minute over a year, with nothing but what the clock on the wall shows.</summary>
    [Theory]
    [InlineData("Mon-Fri 08:00-18:00 Europe/Amsterdam")]
    [InlineData("Sat,Sun 22:00-06:00 America/New_York")]
    [InlineData("03:30-04:15 Pacific/Auckland")]
    public void Window_is_open_when_the_clock_on_the_wall_says_so(string text)
    {
        var window = Window(text);
        var zone = TimeZoneInfo.FindSystemTimeZoneById(window.Zone);
        for (var now = Moment("2026-01-01T00:00Z"); now < Moment("2027-01-01T00:00Z"); now = now.AddMinutes(15))
        {
            var wall = TimeZoneInfo.ConvertTime(now, zone).DateTime;
            var isOver = window.Until <= window.From;
            var shows = window.Days.Contains(wall.DayOfWeek) && wall.TimeOfDay >= window.From && (isOver || wall.TimeOfDay < window.Until);
            shows |= isOver && window.Days.Contains(wall.AddDays(-1).DayOfWeek) && wall.TimeOfDay < window.Until;
            var isOpen = window.Next(now)!.Value.Opens <= now;
            Assert.True(shows == isOpen, $"{now:u} ({wall:ddd HH:mm}): {isOpen}");
        }
    }

    [Theory]
    [InlineData("2026-12-20 - 2027-01-04 Europe/Amsterdam", "2026-12-19T23:00Z", "2027-01-04T23:00Z")]
    [InlineData("2026-12-24 Europe/Amsterdam", "2026-12-23T23:00Z", "2026-12-24T23:00Z")]
    [InlineData("2026-12-24 18:00 - 2026-12-27 06:00", "2026-12-24T18:00Z", "2026-12-27T06:00Z")]
    // As long as it can be, when clocks go back over both its ends.
    [InlineData("2026-10-25 02:15 - 2026-10-25 02:45 Europe/Amsterdam", "2026-10-25T00:15Z", "2026-10-25T01:45Z")]
    public void Freeze_lasts_as_the_clocks_show(string text, string from, string until)
    {
        Assert.True(FreezePeriod.TryRead(text, out var period, out var problem), problem);
        Assert.Equal((Moment(from), Moment(until)), period.Span());
    }

    [Theory]
    [InlineData("Christmas", "which is no freeze")]
    [InlineData("2026-12-32 - 2027-01-04 UTC", "a day or a time that no calendar shows")]
    [InlineData("2027-01-04 - 2026-12-20 UTC", "ends before it begins")]
    [InlineData("2026-12-20 - 2027-01-04 Amsterdam", "did you mean 'Europe/Amsterdam'?")]
    public void What_is_no_freeze_is_told_so(string text, string why)
    {
        Assert.False(FreezePeriod.TryRead(text, out _, out var problem));
        Assert.Contains(why, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Zone_that_this_machine_does_not_know_opens_nothing()
    {
        var window = Window("08:00-18:00 UTC") with { Zone = "Europe/Nowhere" };
        Assert.Null(window.Next(Moment("2026-11-26T12:00Z")));
        Assert.Null(new FreezePeriod(new DateTime(2026, 1, 1), new DateTime(2026, 1, 2), "Europe/Nowhere").Span());
    }

    private static DateTimeOffset Moment(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private static Window Window(string text) =>
        Towpath.Core.Pipelines.Window.TryRead(text, out var window, out var problem) ? window : throw new InvalidOperationException(problem);
}
