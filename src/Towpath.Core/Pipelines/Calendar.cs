using System.Diagnostics.CodeAnalysis;
using Cronos;
using Towpath.Core.Pipelines.Language;

namespace Towpath.Core.Pipelines;

/// <summary>
/// When the times of schedules, windows and freezes come: the one place that knows cron expressions and the machine's time zone database.
/// Machines record what it says; a replay never asks it, so that a newer database changes no history.
/// </summary>
public static class Calendar
{
    /// <summary>Schedules whose times are nearer to each other than this are refused.</summary>
    public static readonly TimeSpan LeastInterval = TimeSpan.FromMinutes(5);

    /// <summary>How many times of an expression are looked at to find the nearest two: more than three days of the most frequent that is allowed.</summary>
    private const int TimesLookedAt = 1_000;

    /// <summary>In every release of the database: where it is unknown there is no database.</summary>
    private const string KnownZone = "Europe/London";

    private static readonly DateTime SomeDay = new(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>The first time after the given moment.</summary>
    /// <param name="problem">One sentence when it cannot be told; else empty.</param>
    /// <returns>With the offset of the zone at that time; null when it cannot be told.</returns>
    public static DateTimeOffset? Next(Schedule schedule, DateTimeOffset moment, out string problem)
    {
        DateTimeOffset? next = null;
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(schedule.Zone, out var zone))
            problem = $"The zone of schedule '{schedule}' {ZoneObjection(schedule.Zone) ?? "cannot be read"}.";
        else if (!TryRead(schedule.Cron, out var cron, out _) || (next = cron.GetNextOccurrence(moment, zone)) is null)
            problem = $"Schedule '{schedule}' has no further time.";
        else
            problem = "";
        return next;
    }

    /// <summary>What the clocks of a zone show; null when the zone is unknown here.</summary>
    public static DateTime? Local(DateTimeOffset moment, string zone) =>
        TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? TimeZoneInfo.ConvertTime(moment, found).DateTime : null;

    /// <summary>When the clocks of a zone show a time; with the zone's offset. Null when the zone is unknown here.</summary>
    /// <param name="isLast">Which of two, when clocks go back over it. A time that they jump over is when they jump.</param>
    public static DateTimeOffset? Instant(DateTime local, string zone, bool isLast)
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found))
            return null;
        var day = new DateTimeOffset(DateTime.SpecifyKind(local, DateTimeKind.Unspecified), TimeSpan.Zero);
        var (before, after) = (found.GetUtcOffset(day.AddDays(-1)), found.GetUtcOffset(day.AddDays(1)));
        if (before == after)
            return new DateTimeOffset(day.DateTime, before);
        var (early, late) = (day - (before > after ? before : after), day - (before > after ? after : before));
        var (isEarly, isLate) = (Shows(early), Shows(late));
        if (!isEarly && !isLate)
            return Jump(early, late, found);
        var chosen = isEarly && (!isLate || !isLast) ? early : late;
        return TimeZoneInfo.ConvertTime(chosen, found);

        bool Shows(DateTimeOffset moment) => TimeZoneInfo.ConvertTime(moment, found).DateTime == day.DateTime;
    }

    /// <summary>The first second after which the zone has another offset than at the beginning of the given time.</summary>
    private static DateTimeOffset Jump(DateTimeOffset from, DateTimeOffset to, TimeZoneInfo zone)
    {
        var offset = zone.GetUtcOffset(from);
        var (low, high) = (from.ToUnixTimeSeconds(), to.ToUnixTimeSeconds());
        while (high - low > 1)
        {
            var middle = low + ((high - low) / 2);
            if (zone.GetUtcOffset(DateTimeOffset.FromUnixTimeSeconds(middle)) == offset)
                low = middle;
            else
                high = middle;
        }

        return TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeSeconds(high), zone);
    }

    /// <summary>Null when the expression is one that Towpath takes, else what is wrong with it and what to do.</summary>
    internal static string? CronObjection(string text)
    {
        if (!TryRead(text, out var cron, out var problem))
            return problem;
        var times = new List<DateTime>();
        for (var time = SomeDay; times.Count < TimesLookedAt && cron.GetNextOccurrence(time) is { } next; time = next)
            times.Add(next);
        if (times.Count == 0)
            return "names a time that never comes: correct its day and its month";
        return times.Zip(times.Skip(1), (one, other) => other - one).Any(distance => distance < LeastInterval)
            ? $"would start runs less than {LeastInterval.TotalMinutes:0} minutes after each other: make it rarer, such as \"*/{LeastInterval.TotalMinutes:0} * * * *\""
            : null;
    }

    /// <summary>Null when the machine knows the zone, else what is wrong and what to do.</summary>
    internal static string? ZoneObjection(string text)
    {
        if (TimeZoneInfo.TryFindSystemTimeZoneById(text, out _))
            return null;
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(KnownZone, out _))
            return $"cannot be looked up, because this machine has no time zone database: install 'tzdata' there, or write UTC";
        var names = TimeZoneInfo.GetSystemTimeZones().Select(zone => zone.Id).Order(StringComparer.Ordinal).ToList();
        var meant = names.Find(name => name.EndsWith("/" + text, StringComparison.OrdinalIgnoreCase)) ?? Spelling.Nearest(text, names);
        return $"is '{text}', which is no time zone: "
            + (meant is null ? "write a name such as Europe/Amsterdam, America/New_York or UTC" : $"did you mean '{meant}'?");
    }

    private static bool TryRead(string text, [NotNullWhen(true)] out CronExpression? cron, [NotNullWhen(false)] out string? problem)
    {
        cron = null;
        var fields = text.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries).Length;
        if (fields is 6 or 7)
            problem = $"has {fields} fields, and Towpath counts no seconds and no years: write the five of minute, hour, day, month and weekday";
        else if (fields != 5 && !text.TrimStart().StartsWith('@'))
            problem = $"has {fields} {(fields == 1 ? "field" : "fields")} instead of five (minute, hour, day, month, weekday), such as \"0 3 * * *\"";
        else
            problem = CronExpression.TryParse(text, CronFormat.Standard, out cron)
                ? null
                : $"is '{text}', which is no cron expression: {Fault(text)}";
        return problem is null && cron is not null;
    }

    /// <summary>Which of the five fields is wrong: alone with stars for the others it is still wrong.</summary>
    private static string Fault(string text)
    {
        (string Name, string Range)[] kinds =
            [("minute", "0-59"), ("hour", "0-23"), ("day of the month", "1-31"), ("month", "1-12 or JAN-DEC"), ("day of the week", "0-7 or SUN-SAT")];
        var fields = text.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        for (var index = 0; index < fields.Length && fields.Length == kinds.Length; index++)
        {
            var alone = Enumerable.Repeat("*", kinds.Length).ToArray();
            alone[index] = fields[index];
            if (!CronExpression.TryParse(string.Join(' ', alone), out _))
                return $"the {kinds[index].Name} '{fields[index]}' has to be made of {kinds[index].Range}, '*', ',', '-' and '/'";
        }

        return "write five fields, such as \"0 3 * * *\" for every night at three";
    }
}
