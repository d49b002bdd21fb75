using System.CommandLine.Parsing;
using System.Globalization;

namespace Towpath.Verbs;

/// <summary>Reads durations as they are written in pipeline files: <c>90s</c>, <c>10m</c>, <c>1h</c>.</summary>
internal static class Durations
{
    public static TimeSpan Parse(ArgumentResult result)
    {
        var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
        if (Parse(text) is { } duration)
            return duration;
        result.AddError($"'{text}' is no duration: write a number and s, m or h (90s, 10m, 1h)");
        return default;
    }

    internal static TimeSpan? Parse(string text)
    {
        if (text.Length < 2 || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
            return null;
        return text[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            _ => null,
        };
    }
}
