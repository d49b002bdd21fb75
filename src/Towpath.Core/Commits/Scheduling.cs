using System.Diagnostics;
using Towpath.Core.Pipelines;

namespace Towpath.Core.Commits;

/// <summary>
/// Starts runs at the times of schedules, each time once. A time is planned before it comes and recorded when it came, and the
/// one after it is looked for from there: neither a clock that is set back nor a restart finds it again. When the times of
/// a while passed unseen (the server was away, the clock was set forward), the last of them starts a run that tells of the others.
/// So it is with the times that came when there was no room for a run.
/// A clock that was wrong by days, and was set right, is followed: what came by the wrong clock stays known and comes no second time.
/// </summary>
internal static class Scheduling
{
    /// <summary>Times that are counted one by one when many were missed: three hundred days of every five minutes.</summary>
    public const int MissedAtMost = 100_000;

    /// <summary>Stretches of times that came which a schedule tells apart.</summary>
    public const int StretchesKept = 20;

    /// <summary>How long at most until a time that could not be told, or had no room for its run, is asked for again.</summary>
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMinutes(30);

    /// <summary>A schedule that is further ahead of the clock than this got there by a clock that was wrong.</summary>
    private static readonly TimeSpan AheadAtMost = TimeSpan.FromDays(1);

    /// <summary>The schedules of a new definition. One that it had before goes on from where it was.</summary>
    public static ProjectState Adopt(ProjectState state, ValueList<Schedule> schedules, DateTimeOffset at) => state with
    {
        Schedules = schedules.Select(schedule => state.Schedules.FirstOrDefault(known => known.Schedule == schedule)
            ?? Reach(new ScheduleState(schedule, at, null, "", null), at, at)).ToValueList(),
    };

    /// <summary>The next times of schedules that have none planned yet, or one that a wrong clock planned.</summary>
    public static IEnumerable<ProjectEvent> Plan(ProjectState state, DateTimeOffset now) => state.Schedules
        .Where(schedule => schedule is { Next: null, AskAgainAt: null } || IsAstray(schedule, now))
        .Select(schedule => (schedule, Planned: Next(schedule, now)))
        .Where(pair => !IsKnown(pair.schedule, pair.Planned)).Select(pair => pair.Planned);

    /// <summary>The times that came, with the runs that they start, and the times after them.</summary>
    /// <param name="noRoom">Why none can be started; null when one can.</param>
    public static IEnumerable<ProjectEvent> Due(ProjectState state, DateTimeOffset now, string? noRoom)
    {
        var run = state.NextRun;
        foreach (var schedule in state.Schedules.Where(schedule => (schedule.Next ?? schedule.AskAgainAt) <= now || IsAstray(schedule, now)))
        {
            var planned = schedule.Next is { } known && From(schedule, now) == schedule.Since
                ? new TimePlanned(schedule.Schedule, known)
                : Next(schedule, now);
            if (planned is TimePlanned { At: var next } && next <= now)
            {
                if (noRoom is not null)
                {
                    yield return PutOff(schedule, next, now, noRoom);
                    continue;
                }

                var (last, missed) = LastOf(schedule, next, now);
                var came = new TimeCame(schedule.Schedule, last, missed, state.Newest is null ? null : run++);
                yield return came;
                yield return Next(Come(schedule, came, now), now);
            }
            else if (!IsKnown(schedule, planned))
            {
                yield return planned;
            }
        }
    }

    public static ProjectState Evolve(ProjectState state, ProjectEvent recorded, DateTimeOffset at) => recorded switch
    {
        TimePlanned planned => With(state, planned.Schedule, schedule =>
        {
            // Not after the moment that it was planned from before: that was one of a wrong clock.
            var righted = planned.At <= schedule.Since ? Reach(schedule, at, at) : schedule;
            return righted with { Next = planned.At, Problem = "", AskAgainAt = null };
        }),
        TimeUnknown unknown => With(state, unknown.Schedule, schedule => schedule with
        {
            Next = null,
            Problem = unknown.Reason,
            AskAgainAt = unknown.AskAgainAt,
        }),
        TimeCame came => With(state, came.Schedule, schedule => Come(schedule, came, at)),
        _ => throw new UnreachableException(),
    };

    private static bool IsAstray(ScheduleState schedule, DateTimeOffset now) =>
        schedule.Since > now + AheadAtMost || schedule.AskAgainAt > now + AheadAtMost;

    private static bool IsKnown(ScheduleState schedule, ProjectEvent planned) => planned is TimePlanned { At: var at } && at == schedule.Next;

    private static ScheduleState Come(ScheduleState schedule, TimeCame came, DateTimeOffset at)
    {
        var before = came.Missed == 0 ? schedule.Came.FirstOrDefault(stretch => stretch.Last == schedule.Since) : null;
        var reached = Reach(schedule with { Next = null }, before?.First ?? came.At, came.At);
        return came.Missed < MissedAtMost ? reached : Reach(reached, at, at);
    }

    /// <summary>All its times from the first moment to the last are done with, and it goes on from there.</summary>
    private static ScheduleState Reach(ScheduleState schedule, DateTimeOffset first, DateTimeOffset last) => schedule with
    {
        Since = last,
        Came = Join([.. schedule.Came.Where(known => known.First != first || known.Last > last).Append(new Stretch(first, last)).OrderBy(stretch => stretch.Last)]),
    };

    /// <summary>Beyond what is kept, the two that are nearest to each other become one: what lies between them was missed, and told of.</summary>
    private static ValueList<Stretch> Join(List<Stretch> came)
    {
        if (came.Count > StretchesKept)
        {
            var nearest = Enumerable.Range(1, came.Count - 1).MinBy(index => came[index].First - came[index - 1].Last);
            var (one, other) = (came[nearest - 1], came[nearest]);
            came[nearest] = other with { First = one.First < other.First ? one.First : other.First };
            came.RemoveAt(nearest - 1);
        }

        return came.ToValueList();
    }

    /// <summary>Where the next time is looked for from: a clock that is right again goes on where it was before it was wrong.</summary>
    private static DateTimeOffset From(ScheduleState schedule, DateTimeOffset now) => schedule.Since > now + AheadAtMost
        ? now
        : schedule.Came.Select(stretch => stretch.Last).Where(last => last <= now).Append(schedule.Since).Max();

    private static ProjectEvent Next(ScheduleState schedule, DateTimeOffset now) =>
        After(schedule, From(schedule, now), out var problem) is { } next
            ? new TimePlanned(schedule.Schedule, next)
            : new TimeUnknown(schedule.Schedule, problem, now + AskAgainAfter);

    /// <summary>Nothing is done with: with room, the last time starts a run that tells of this one and all the others.</summary>
    private static TimeUnknown PutOff(ScheduleState schedule, DateTimeOffset first, DateTimeOffset now, string why)
    {
        var (next, later) = (After(schedule, now, out _), now + AskAgainAfter);
        var reason = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"No run is started since {first:ddd yyyy-MM-dd HH:mm zzz}. {why}");
        return new TimeUnknown(schedule.Schedule, reason, next < later ? next.Value : later);
    }

    /// <summary>The first time after the moment that did not come already.</summary>
    private static DateTimeOffset? After(ScheduleState schedule, DateTimeOffset moment, out string problem)
    {
        var next = Calendar.Next(schedule.Schedule, moment, out problem);
        while (schedule.Came.FirstOrDefault(stretch => stretch.First <= next && next <= stretch.Last) is { } done)
            next = Calendar.Next(schedule.Schedule, done.Last, out problem);
        return next;
    }

    private static (DateTimeOffset Last, int Missed) LastOf(ScheduleState schedule, DateTimeOffset first, DateTimeOffset now)
    {
        var (last, missed) = (first, 0);
        for (; missed < MissedAtMost && After(schedule, last, out _) is { } next && next <= now; missed++)
            last = next;
        return (last, missed);
    }

    private static ProjectState With(ProjectState state, Schedule schedule, Func<ScheduleState, ScheduleState> change) =>
        state with { Schedules = state.Schedules.Replace(known => known.Schedule == schedule, change) };
}
