namespace Towpath.Core.Pipelines.Language;

/// <summary>What starts runs beside pushes.</summary>
public static class TriggerKeys
{
    /// <summary>More than these are refused.</summary>
    public const int TriggersAtMost = 10;

    public static KeySet Schedule { get; } = new("schedule",
    [
        new("cron", Values.Cron,
            "When: minute, hour, day of the month, month, day of the week. At most every five minutes.")
        {
            Required = true,
            Example = "\"0 3 * * *\"",
            Elsewhere = ["schedule", "spec", "expression", "at", "time"],
        },
        new("zone", Values.Zone,
            "The time zone in which the clock is read, summer time included.")
        {
            Default = "UTC",
            Example = "Europe/Amsterdam",
            Elsewhere = ["timezone", "time_zone", "tz"],
        },
    ]);

    public static ListShape Triggers { get; } = new("trigger", Schedule, TriggersAtMost);
}
