using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Commits;

/// <summary>Each time of a schedule starts one run, whatever the clock does.</summary>
public sealed class ScheduleTests
{
    private static readonly Schedule Nightly = new("0 3 * * *", "Europe/Amsterdam");
    private static readonly Schedule Hourly = new("0 * * * *", "UTC");

    [Fact]
    public void Time_starts_a_run_of_the_newest_commit_with_the_order_of_its_push()
    {
        var shop = ScheduleScenario.At("2030-01-01T12:00Z").Pushed(1, Nightly).Pushed(2, Nightly).GoesOnTo("2030-01-02T12:00Z")
            .ThenFired(("2030-01-02T03:00+01:00", 0));
        var (pushed, scheduled) = (shop.State.Requests[1], shop.State.Requests[2]);
        Assert.Equal(pushed with
        {
            Number = 3,
            By = "schedule 0 3 * * * Europe/Amsterdam",
            At = scheduled.At,
            Scheduled = new ScheduledFor(Nightly, ScheduleScenario.Moment("2030-01-02T03:00+01:00"), 0),
        }, scheduled);
    }

    [Fact]
    public void Clock_that_is_set_back_starts_nothing_again() => ScheduleScenario.At("2030-01-01T12:00Z").Pushed(1, Nightly)
        .GoesOnTo("2030-01-02T02:00:01Z")
        .JumpsTo("2030-01-02T01:00:01Z")
        .GoesOnTo("2030-01-02T12:00Z")
        .ThenFired(("2030-01-02T03:00+01:00", 0));

    [Fact]
    public void Clock_that_is_set_forward_over_a_time_starts_it_and_setting_it_back_starts_nothing_again() =>
        ScheduleScenario.At("2030-01-01T12:00Z").Pushed(1, Nightly)
            .GoesOnTo("2030-01-02T01:30Z")
            .JumpsTo("2030-01-02T02:30Z")
            .ThenFired(("2030-01-02T03:00+01:00", 0))
            .JumpsTo("2030-01-02T01:30Z")
            .GoesOnTo("2030-01-03T12:00Z")
            .ThenFired(("2030-01-02T03:00+01:00", 0), ("2030-01-03T03:00+01:00", 0));

    [Fact]
    public void Server_that_was_away_starts_one_run_for_the_last_time_and_says_how_many_it_missed() =>
        ScheduleScenario.At("2030-01-01T12:00Z").Pushed(1, Nightly)
            .Restarted()
            .JumpsTo("2030-01-05T12:00Z")
            .ThenFired(("2030-01-05T03:00+01:00", 3))
            .Restarted()
            .JumpsTo("2030-01-05T12:01Z")
            .GoesOnTo("2030-01-06T12:00Z")
            .ThenFired(("2030-01-05T03:00+01:00", 3), ("2030-01-06T03:00+01:00", 0));

    [Fact]
    public void Clock_that_was_far_ahead_and_is_right_again_is_followed_and_no_time_comes_twice() =>
        ScheduleScenario.At("2030-01-01T12:00Z").Pushed(1, Nightly)
            .JumpsTo("2030-01-20T12:00Z").GoesOnTo("2030-01-21T12:00Z")
            .JumpsTo("2030-01-01T12:10Z").When(new ProjectClock())
            .GoesOnTo("2030-01-03T12:00Z")
            .ThenFired(
                ("2030-01-20T03:00+01:00", 18), ("2030-01-21T03:00+01:00", 0), ("2030-01-02T03:00+01:00", 0), ("2030-01-03T03:00+01:00", 0))
            .Restarted()
            .GoesOnTo("2030-01-22T12:00Z")
            .ThenFiredEach(21);

    [Fact]
    public void Push_follows_a_clock_that_is_right_again_also_when_it_keeps_the_schedule() =>
        ScheduleScenario.At("2099-01-01T12:00Z").Pushed(1, Nightly)
            .JumpsTo("2030-01-01T12:00Z").Pushed(2, Nightly)
            .GoesOnTo("2030-01-02T12:00Z")
            .ThenFired(("2030-01-02T03:00+01:00", 0));

    [Fact]
    public void Clock_that_was_far_behind_and_is_right_again_goes_on_where_it_was() =>
        ScheduleScenario.At("2030-01-01T12:00Z").Pushed(1, Nightly)
            .JumpsTo("1970-01-01T00:00Z").When(new ProjectClock())
            .JumpsTo("2030-01-01T12:10Z")
            .GoesOnTo("2030-01-03T01:00Z")
            .JumpsTo("1970-01-01T00:00Z").When(new ProjectClock()).Restarted()
            .JumpsTo("2030-01-05T12:00Z")
            .ThenFired(("2030-01-02T03:00+01:00", 0), ("2030-01-05T03:00+01:00", 2));

    [Fact]
    public void Zone_that_was_unknown_by_a_clock_far_ahead_is_asked_for_again_by_the_right_one()
    {
        var shop = ScheduleScenario.At("2099-01-01T12:00Z").Pushed(1, new Schedule("0 3 * * *", "Mars/Olympus"))
            .JumpsTo("2030-01-01T12:00Z").When(new ProjectClock());
        Assert.Equal(ScheduleScenario.Moment("2030-01-01T12:30Z"), ProjectMachine.NextDeadline(shop.State));
    }

    /// <summary>A clock that is wrong by weeks now and then, and right again soon after.</summary>
    [Theory]
    [InlineData("0 3 * * *")]
    [InlineData("*/20 * * * *")]
    public void No_time_comes_twice_however_wrong_the_clock_was(string cron)
    {
        var random = new Random(cron.Length);
        var right = ScheduleScenario.Moment("2030-02-15T12:00Z");
        var shop = new ScheduleScenario(right).Pushed(1, new Schedule(cron, "Europe/Amsterdam"));
        for (var step = 0; step < 1500; step++)
        {
            right += TimeSpan.FromMinutes(random.Next(1, 300));
            var wrong = random.Next(100) == 0 ? TimeSpan.FromDays(random.Next(-60, 60)) : TimeSpan.Zero;
            for (var look = 0; look < (wrong == TimeSpan.Zero ? 1 : 5); look++)
                shop.JumpsTo(right + wrong + (look * TimeSpan.FromMinutes(40))).When(new ProjectClock()).When(new RunTaken(shop.State.NextRun - 1));
            if (random.Next(20) == 0)
                shop.Restarted();
        }

        Assert.InRange(ProjectMachine.NextDeadline(shop.JumpsTo(right).When(new ProjectClock()).State)!.Value - right, TimeSpan.Zero, TimeSpan.FromDays(70));
        Assert.Equal(shop.AllFired.Count, shop.AllFired.Select(each => each.At).Distinct().Count());
    }

    [Fact]
    public void Times_without_room_start_nothing_and_the_next_one_with_room_tells_of_them()
    {
        var shop = ScheduleScenario.At("2030-01-01T12:01Z").Pushed(1, new Schedule("*/5 * * * *", "UTC"))
            .GoesOnTo("2030-01-01T12:06Z")
            .Full("The disk is full.").GoesOnTo("2030-01-01T13:01Z").Restarted();
        Assert.Equal("No run is started since Tue 2030-01-01 12:10 +00:00. The disk is full.", Assert.Single(shop.State.Schedules).Problem);
        shop.Full(null).GoesOnTo("2030-01-01T13:11Z").ThenFired(
            ("2030-01-01T12:05Z", 0), ("2030-01-01T13:05Z", 11), ("2030-01-01T13:10Z", 0));
        Assert.Empty(Assert.Single(shop.State.Schedules).Problem);
    }

    [Fact]
    public void Rare_time_without_room_starts_its_run_half_an_hour_after_there_is_room_at_the_latest() =>
        ScheduleScenario.At("2030-01-01T12:00Z").Pushed(1, Nightly)
            .Full("The disk is full.").GoesOnTo("2030-01-02T02:40Z")
            .Full(null).GoesOnTo("2030-01-02T03:10Z")
            .ThenFired(("2030-01-02T03:00+01:00", 0));

    [Fact]
    public void Hour_that_does_not_exist_in_spring_comes_when_the_clock_has_jumped() =>
        ScheduleScenario.At("2030-03-30T12:00Z").Pushed(1, new Schedule("30 2 * * *", "Europe/Amsterdam"))
            .GoesOnTo("2030-04-01T12:00Z")
            .ThenFired(("2030-03-31T03:00+02:00", 0), ("2030-04-01T02:30+02:00", 0));

    [Fact]
    public void Hour_that_comes_twice_in_autumn_counts_once() =>
        ScheduleScenario.At("2030-10-26T12:00Z").Pushed(1, new Schedule("30 2 * * *", "Europe/Amsterdam"))
            .GoesOnTo("2030-10-28T12:00Z")
            .ThenFired(("2030-10-27T02:30+02:00", 0), ("2030-10-28T02:30+01:00", 0));

    [Fact]
    public void Intervals_go_on_through_both_hours_in_autumn() =>
        ScheduleScenario.At("2030-10-27T00:10Z").Pushed(1, new Schedule("*/30 * * * *", "Europe/Amsterdam"))
            .GoesOnTo("2030-10-27T02:10Z")
            .ThenFired(
                ("2030-10-27T02:30+02:00", 0), ("2030-10-27T02:00+01:00", 0), ("2030-10-27T02:30+01:00", 0), ("2030-10-27T03:00+01:00", 0));

    [Fact]
    public void Definition_that_keeps_a_schedule_lets_it_go_on_and_one_that_drops_it_ends_it()
    {
        var shop = ScheduleScenario.At("2030-01-01T12:00Z").Pushed(1, Nightly, Hourly).GoesOnTo("2030-01-01T12:30Z")
            .Pushed(2, Nightly);
        Assert.Equal([ScheduleScenario.Moment("2030-01-02T03:00+01:00")], shop.State.Schedules.Select(each => each.Next));
        shop.Pushed(3);
        Assert.Null(ProjectMachine.NextDeadline(shop.State));
    }

    [Fact]
    public void Schedules_of_other_branches_start_nothing()
    {
        var shop = ScheduleScenario.At("2030-01-01T12:00Z").Pushed(1).PushedTo("refs/heads/idea", 2, Hourly);
        Assert.Empty(shop.State.Schedules);
        Assert.Null(ProjectMachine.NextDeadline(shop.State));
    }

    [Fact]
    public void Commit_that_was_pushed_again_is_built_with_its_later_order()
    {
        var shop = ScheduleScenario.At("2030-01-01T12:00Z").Pushed(1, Hourly).Pushed(2, Hourly).Pushed(1, Hourly)
            .When(new RequestRetry(1, "ada")).GoesOnTo("2030-01-01T13:00Z");
        Assert.Equal(shop.State.Requests[2].Order, shop.State.Requests[^1].Order);
    }

    [Fact]
    public void Retry_of_a_scheduled_run_is_a_retry_and_no_time_of_a_schedule() =>
        Assert.Null(ScheduleScenario.At("2030-01-01T12:00Z").Pushed(1, Hourly).GoesOnTo("2030-01-01T13:00Z")
            .When(new RequestRetry(2, "ada")).State.Requests[^1].Scheduled);

    [Fact]
    public void Newest_commit_is_not_forgotten_over_runs_of_other_branches()
    {
        var shop = ScheduleScenario.At("2030-01-01T12:00Z").Pushed(1, Nightly);
        shop.When(new RunTaken(1));
        for (var run = 2; run <= ProjectMachine.RequestsKept + 5; run++)
            shop.PushedTo("refs/heads/idea", run).When(new RunTaken(run));
        shop.GoesOnTo("2030-01-02T12:00Z").ThenFired(("2030-01-02T03:00+01:00", 0));
        Assert.Equal(Sample.CommitOf(1), shop.State.Requests[^1].Commit);
    }

    [Fact]
    public void Zone_that_the_machine_does_not_know_is_said_and_asked_for_again()
    {
        var shop = ScheduleScenario.At("2030-01-01T12:00Z").Pushed(1, new Schedule("0 3 * * *", "Mars/Olympus"));
        var schedule = Assert.Single(shop.State.Schedules);
        Assert.Contains("'Mars/Olympus', which is no time zone", schedule.Problem, StringComparison.Ordinal);
        Assert.Equal(ScheduleScenario.Moment("2030-01-01T12:30Z"), ProjectMachine.NextDeadline(shop.State));
        shop.GoesOnTo("2030-01-01T14:00Z").ThenFired();
    }

    /// <summary>Through a year with both changes of summer time, on a clock that is set forward and back by up to an hour.</summary>
    [Theory]
    [InlineData("0 3 * * *")]
    [InlineData("30 2 * * *")]
    [InlineData("*/20 * * * *")]
    [InlineData("15 1-4 * * SUN")]
    public void Every_time_has_its_run_or_is_counted_as_missed_whatever_the_clock_does(string cron)
    {
        var random = new Random(cron.Length);
        var schedule = new Schedule(cron, "Europe/Amsterdam");
        var begin = ScheduleScenario.Moment("2030-02-15T12:00Z");
        var shop = new ScheduleScenario(begin).Pushed(1, schedule);
        var (clock, furthest) = (begin, begin);
        while (furthest < ScheduleScenario.Moment("2030-12-01T00:00Z"))
        {
            clock += TimeSpan.FromMinutes(random.Next(10) == 0 ? random.Next(-60, 61) : random.Next(1, 300));
            furthest = clock > furthest ? clock : furthest;
            shop.JumpsTo(clock).When(new RunTaken(shop.State.NextRun - 1));
            if (random.Next(20) == 0)
                shop.Restarted();
        }

        Assert.Equal(Times(schedule, begin, furthest), Counted(shop));
    }

    [Fact]
    public void Time_that_came_twice_or_never_is_found()
    {
        var begin = ScheduleScenario.Moment("2030-01-01T12:00Z");
        var shop = new ScheduleScenario(begin).Pushed(1, Hourly).GoesOnTo("2030-01-01T15:00Z");
        Assert.Equal(Times(Hourly, begin, ScheduleScenario.Moment("2030-01-01T15:00Z")), Counted(shop));
        Assert.NotEqual(Times(Hourly, begin, ScheduleScenario.Moment("2030-01-01T16:00Z")), Counted(shop));
    }

    private static int Counted(ScheduleScenario shop)
    {
        Assert.Equal(shop.AllFired.Count, shop.AllFired.Select(each => each.At).Distinct().Count());
        return shop.AllFired.Sum(each => 1 + each.Missed);
    }

    private static int Times(Schedule schedule, DateTimeOffset after, DateTimeOffset until)
    {
        var count = 0;
        for (var at = after; Calendar.Next(schedule, at, out _) is { } next && next <= until; at = next)
            count++;
        return count;
    }
}
