using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Towpath.Core.Pipelines;

/// <summary>Hours of some days of the week.</summary>
/// <param name="Days">Those on which it opens, beginning with Monday; at least one.</param>
/// <param name="From">Since midnight, below 24 h.</param>
/// <param name="Until">Since midnight, at most 24 h; at or before <paramref name="From"/> it is on the next day.</param>
/// <param name="Zone">A name of the IANA time zone database.</param>
public sealed partial record Window(ValueList<DayOfWeek> Days, TimeSpan From, TimeSpan Until, string Zone)
{
    /// <summary>More than two weeks: of two openings a week, one may fall into an hour that does not exist.</summary>
    private const int DaysLookedAt = 16;

    private static readonly DayOfWeek[] Week =
    [
        DayOfWeek.Monday, DayOfWeek.Tuesday, DayOfWeek.Wednesday, DayOfWeek.Thursday, DayOfWeek.Friday, DayOfWeek.Saturday, DayOfWeek.Sunday,
    ];

    /// <summary>The time that it is open now, or will be next; null when the zone is unknown here.</summary>
    /// <remarks>
    /// An end that comes twice, when clocks go back, is the second one, and a beginning the first. What lies in the hour that does not exist
    /// is moved to the end of that hour.
    /// </remarks>
    public (DateTimeOffset Opens, DateTimeOffset Closes)? Next(DateTimeOffset now)
    {
        if (Calendar.Local(now, Zone) is not { } local)
            return null;
        for (var day = local.Date.AddDays(-1); day < local.Date.AddDays(DaysLookedAt); day = day.AddDays(1))
        {
            if (!Days.Contains(day.DayOfWeek))
                continue;
            var opens = Calendar.Instant(day + From, Zone, isLast: false)!.Value;
            var closes = Calendar.Instant((Until > From ? day : day.AddDays(1)) + Until, Zone, isLast: true)!.Value;
            if (closes > now && closes > opens)
                return (opens, closes);
        }

        return null;
    }

    /// <summary><c>Mon-Fri 08:00-18:00 Europe/Amsterdam</c>.</summary>
    public override string ToString() => $"{(Days.Count == Week.Length ? "" : DaysText() + " ")}{Clock(From)}-{Clock(Until)} {Zone}";

    /// <param name="problem">What is wrong and what to do, to follow the value's name in a sentence; null when nothing is.</param>
    public static bool TryRead(string text, [NotNullWhen(true)] out Window? window, [NotNullWhen(false)] out string? problem)
    {
        window = null;
        if (Form().Match(text) is not { Success: true } match)
        {
            problem = $"is '{text}', which is no window: write days, hours and a time zone, such as \"Mon-Fri 08:00-18:00 Europe/Amsterdam\"";
            return false;
        }

        var zone = match.Groups["zone"] is { Success: true, Value: var named } ? named : "UTC";
        problem = Calendar.ZoneObjection(zone) is { } unknown ? $"has a zone that {unknown}" : null;
        var (from, until) = (Hours(match.Groups["from"].ValueSpan), Hours(match.Groups["until"].ValueSpan));
        if (from is null or { TotalDays: >= 1 } || until is null || until == TimeSpan.Zero)
            problem ??= "has a time that no clock shows: the hours are 00:00 to 23:59, and an end may be 24:00";
        var days = match.Groups["days"] is { Success: true, Value: var list } ? ReadDays(list) : [.. Week];
        if (days is null)
            problem ??= $"has a day that is none: they are {string.Join(", ", Week.Select(Short))}, and ranges such as Mon-Fri";
        if (problem is not null)
            return false;
        window = new Window(days!, from!.Value, until!.Value, zone);
        return true;
    }

    internal static TimeSpan? Hours(ReadOnlySpan<char> text)
    {
        var (hour, minute) = (int.Parse(text[..2], CultureInfo.InvariantCulture), int.Parse(text[3..], CultureInfo.InvariantCulture));
        return minute > 59 || hour > 24 || (hour == 24 && minute > 0) ? null : new TimeSpan(hour, minute, 0);
    }

    private static string Clock(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours:00}:{time.Minutes:00}");

    private static string Short(DayOfWeek day) => day.ToString()[..3];

    private static ValueList<DayOfWeek>? ReadDays(string text)
    {
        var days = new SortedSet<int>();
        foreach (var part in text.Split(','))
        {
            var ends = part.Split('-').Select(name => Array.FindIndex(Week, day => Short(day).Equals(name, StringComparison.OrdinalIgnoreCase))).ToList();
            if (ends.Contains(-1))
                return null;
            // Fri-Mon is over the weekend.
            for (var day = ends[0]; ; day = (day + 1) % Week.Length)
            {
                days.Add(day);
                if (day == ends[^1])
                    break;
            }
        }

        return days.Select(day => Week[day]).ToValueList();
    }

    private string DaysText()
    {
        var places = Days.Select(day => Array.IndexOf(Week, day)).ToList();
        return places.Count > 2 && places[^1] - places[0] == places.Count - 1
            ? $"{Short(Days[0])}-{Short(Days[^1])}"
            : string.Join(',', Days.Select(Short));
    }

    [GeneratedRegex(@"\A((?<days>[A-Za-z]{2,9}([,-][A-Za-z]{2,9})*) )?(?<from>[0-9]{2}:[0-9]{2})-(?<until>[0-9]{2}:[0-9]{2})( (?<zone>[^ ]{1,60}))?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}
