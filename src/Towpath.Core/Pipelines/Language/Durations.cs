using System.Globalization;
using System.Text.RegularExpressions;

namespace Towpath.Core.Pipelines.Language;

/// <summary>Time spans as people write them in the pipeline file.</summary>
public static partial class Durations
{
    /// <returns>Null when the text is no duration. Whole seconds, from zero.</returns>
    public static TimeSpan? Read(string text)
    {
        if (text.Length == 0 || Whole().Match(text) is not { Success: true } match)
            return null;
        return TimeSpan.FromDays(Number(match, "d")) + TimeSpan.FromHours(Number(match, "h"))
            + TimeSpan.FromMinutes(Number(match, "m")) + TimeSpan.FromSeconds(Number(match, "s"));
    }

    /// <summary><c>1h30m</c>: what <see cref="Read"/> takes.</summary>
    public static string Text(TimeSpan span)
    {
        var text = string.Concat(Unit(span.Days, "d"), Unit(span.Hours, "h"), Unit(span.Minutes, "m"), Unit(span.Seconds, "s"));
        return text.Length > 0 ? text : "0s";
    }

    private static string Unit(int count, string unit) => count == 0 ? "" : count.ToString(CultureInfo.InvariantCulture) + unit;

    private static long Number(Match match, string unit) =>
        match.Groups[unit] is { Success: true } group ? long.Parse(group.ValueSpan, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"\A((?<d>[0-9]{1,4})d)?((?<h>[0-9]{1,5})h)?((?<m>[0-9]{1,6})m)?((?<s>[0-9]{1,7})s)?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Whole();
}
