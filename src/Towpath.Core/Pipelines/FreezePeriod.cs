using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Towpath.Core.Pipelines;

/// <summary>A time in which nothing starts, as the clocks of a zone show it.</summary>
/// <param name="From">Included.</param>
/// <param name="Until">Excluded.</param>
/// <param name="Zone">A name of the IANA time zone database.</param>
public sealed partial record FreezePeriod(DateTime From, DateTime Until, string Zone)
{
    /// <summary>Null when the zone is unknown here. Where clocks go back, it is as long as it can be.</summary>
    public (DateTimeOffset From, DateTimeOffset Until)? Span() =>
        Calendar.Instant(From, Zone, isLast: false) is { } from && Calendar.Instant(Until, Zone, isLast: true) is { } until ? (from, until) : null;

    /// <summary><c>2026-12-20 00:00 - 2027-01-05 00:00 Europe/Amsterdam</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{From:yyyy-MM-dd HH:mm} - {Until:yyyy-MM-dd HH:mm} {Zone}");

    /// <param name="problem">What is wrong and what to do, to follow the value's name in a sentence; null when nothing is.</param>
    public static bool TryRead(string text, [NotNullWhen(true)] out FreezePeriod? period, [NotNullWhen(false)] out string? problem)
    {
        period = null;
        if (Form().Match(text) is not { Success: true } match)
        {
            problem = $"is '{text}', which is no freeze: write its first and last day and a time zone, such as "
                + "\"2026-12-20 - 2027-01-04 Europe/Amsterdam\"";
            return false;
        }

        var zone = match.Groups["zone"] is { Success: true, Value: var named } ? named : "UTC";
        problem = Calendar.ZoneObjection(zone) is { } unknown ? $"has a zone that {unknown}" : null;
        var from = Moment(match.Groups["from"].Value, isEnd: false);
        var until = Moment(match.Groups["until"] is { Success: true, Value: var end } ? end : match.Groups["from"].Value, isEnd: true);
        if (from is null || until is null)
            problem ??= "has a day or a time that no calendar shows";
        else if (until <= from)
            problem ??= "ends before it begins";
        if (problem is not null)
            return false;
        period = new FreezePeriod(from!.Value, until!.Value, zone);
        return true;
    }

    /// <summary>A date, or a date and a time of day. Null when it is none.</summary>
    /// <param name="isEnd">A date alone is meant to its end.</param>
    public static DateTime? Moment(string text, bool isEnd)
    {
        if (!DateTime.TryParseExact(text.Split(' ')[0], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            || day.Year is < 2000 or > 9000)
            return null;
        if (text.Length == "yyyy-MM-dd".Length)
            return isEnd ? day.AddDays(1) : day;
        return Clock().IsMatch(text.AsSpan("yyyy-MM-dd".Length)) && Window.Hours(text.AsSpan("yyyy-MM-dd ".Length)) is { } hours ? day + hours : null;
    }

    [GeneratedRegex(
        @"\A(?<from>[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2})?)( - (?<until>[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2})?))?( (?<zone>[A-Za-z][^ ]{0,59}))?\z",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Form();

    [GeneratedRegex(@"\A [0-9]{2}:[0-9]{2}\z")]
    private static partial Regex Clock();
}
