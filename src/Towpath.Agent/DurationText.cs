using System.Globalization;

namespace Towpath.Agent;

/// <summary>Durations for people.</summary>
internal static class DurationText
{
    /// <summary>A limit as the pipeline file writes it: <c>10m</c>, <c>1h30m</c>, <c>45s</c>.</summary>
    public static string OfLimit(TimeSpan limit)
    {
        if (limit.Milliseconds != 0)
            return OfMeasured(limit);
        var text = Part((long)limit.TotalHours, 'h') + Part(limit.Minutes, 'm') + Part(limit.Seconds, 's');
        return text.Length == 0 ? "0s" : text;

        static string Part(long amount, char unit) => amount == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{amount}{unit}");
    }

    /// <summary>What something took: <c>0.4 s</c>, <c>3 min 12 s</c>.</summary>
    public static string OfMeasured(TimeSpan taken) => taken.TotalSeconds < 60
        ? string.Create(CultureInfo.InvariantCulture, $"{taken.TotalSeconds:0.0#} s")
        : string.Create(CultureInfo.InvariantCulture, $"{(long)taken.TotalMinutes} min {taken.Seconds} s");
}
