using System.Diagnostics;
using Towpath.Core.Pipelines;

namespace Towpath.Core.Commits;

/// <summary>
/// Starts runs at the times of schedules, each time once. A time is planned before it comes and recorded when it came, and the
/// one after it is looked for from there: neither a clock that is set back nor a restart finds it again. When the times of
/// a while passed unseen (the server was away, the clock was set forward), the last of them starts a run that tells of the others.
/// </summary>
internal static class Scheduling
{
    /// <summary>Times that are counted one by one when many were missed: three hundred days of every five minutes.</summary>
    public const int MissedAtMost = 100_000;

    /// <summary>How long until a time that could not be told is asked for again.</summary>
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMinutes(30);

    /// <summary>The schedules of a new definition. One that it had before goes on from where it was.</summary>
    public static ProjectState Adopt(ProjectState state, ValueList<Schedule> schedules, DateTimeOffset at) => state with
    {
        Schedules = schedules.Select(schedule =>
            state.Schedules.FirstOrDefault(known => known.Schedule == schedule) ?? new ScheduleState(schedule, at, null, "", null)).ToValueList(),
    };

    /// <summary>The next times of schedules that have none planned yet.</summary>
    public static IEnumerable<ProjectEvent> Plan(ProjectState state, DateTimeOffset now) => state.Schedules
        .Where(schedule => schedule is { Next: null, AskAgainAt: null })
        .Select(schedule => Next(schedule.Schedule, schedule.Since, now));

    /// <summary>The times that came, with the runs that they start, and the times after them.</summary>
    public static IEnumerable<ProjectEvent> Due(ProjectState state, DateTimeOffset now)
    {
        var run = state.NextRun;
        foreach (var schedule in state.Schedules)
        {
            if (schedule.Next is { } next && next <= now)
            {
                var (last, missed) = LastOf(schedule.Schedule, next, now);
                yield return new TimeCame(schedule.Schedule, last, missed, state.Newest is null ? null : run++);
                yield return Next(schedule.Schedule, missed < MissedAtMost ? last : now, now);
            }
            else if (schedule.AskAgainAt <= now)
            {
                yield return Next(schedule.Schedule, schedule.Since, now);
            }
        }
    }

    public static ProjectState Evolve(ProjectState state, ProjectEvent recorded) => recorded switch
    {
        TimePlanned planned => With(state, planned.Schedule, schedule => schedule with { Next = planned.At, Problem = "", AskAgainAt = null }),
        TimeUnknown unknown => With(state, unknown.Schedule, schedule => schedule with
        {
            Next = null,
            Problem = unknown.Reason,
            AskAgainAt = unknown.AskAgainAt,
        }),
        TimeCame came => With(state, came.Schedule, schedule => schedule with { Since = came.At, Next = null }),
        _ => throw new UnreachableException(),
    };

    private static ProjectEvent Next(Schedule schedule, DateTimeOffset after, DateTimeOffset now) =>
        Calendar.Next(schedule, after, out var problem) is { } next
            ? new TimePlanned(schedule, next)
            : new TimeUnknown(schedule, problem, now + AskAgainAfter);

    private static (DateTimeOffset Last, int Missed) LastOf(Schedule schedule, DateTimeOffset first, DateTimeOffset now)
    {
        var (last, missed) = (first, 0);
        for (; missed < MissedAtMost && Calendar.Next(schedule, last, out _) is { } next && next <= now; missed++)
            last = next;
        return (last, missed);
    }

    private static ProjectState With(ProjectState state, Schedule schedule, Func<ScheduleState, ScheduleState> change) =>
        state with { Schedules = state.Schedules.Replace(known => known.Schedule == schedule, change) };
}
