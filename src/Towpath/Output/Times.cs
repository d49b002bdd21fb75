using System.Globalization;

namespace Towpath.Output;

/// <summary>Times and sizes as people say them.</summary>
internal static class Times
{
    public static string Ago(DateTimeOffset? at) => at is { } time ? Ago(TimeProvider.System.GetUtcNow() - time) : "";

    internal static string Ago(TimeSpan age) => age switch
    {
        { TotalSeconds: < 5 } => "just now",
        { TotalSeconds: < 60 } => Say($"{(int)age.TotalSeconds} s ago"),
        { TotalMinutes: < 60 } => Say($"{(int)age.TotalMinutes} min ago"),
        { TotalHours: < 48 } => Say($"{(int)age.TotalHours} h ago"),
        _ => Say($"{(int)age.TotalDays} days ago"),
    };

    /// <summary>In this machine's zone.</summary>
    public static string At(DateTimeOffset at) => at.ToLocalTime().ToString("ddd yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    public static string Took(DateTimeOffset? from, DateTimeOffset? to) =>
        from is { } start ? Took((to ?? TimeProvider.System.GetUtcNow()) - start) : "";

    internal static string Took(TimeSpan time) => time switch
    {
        { TotalSeconds: < 10 } => Say($"{Math.Max(0, time.TotalSeconds):0.0} s"),
        { TotalSeconds: < 60 } => Say($"{(int)time.TotalSeconds} s"),
        { TotalMinutes: < 60 } => Say($"{(int)time.TotalMinutes} min {time.Seconds} s"),
        _ => Say($"{(int)time.TotalHours} h {time.Minutes} min"),
    };

    public static string Size(long bytes) => bytes switch
    {
        < 1024 => Say($"{bytes} B"),
        < 1024 * 1024 => Say($"{bytes / 1024.0:0.0} KiB"),
        < 1024L * 1024 * 1024 => Say($"{bytes / 1024.0 / 1024:0.0} MiB"),
        _ => Say($"{bytes / 1024.0 / 1024 / 1024:0.0} GiB"),
    };

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
