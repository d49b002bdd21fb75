namespace Towpath.Core.Pipelines;

/// <summary>Starts a run of the default branch's newest commit whenever its time comes.</summary>
/// <param name="Cron">Five fields: minute, hour, day of the month, month, day of the week.</param>
/// <param name="Zone">A name of the IANA time zone database: <c>Europe/Amsterdam</c>.</param>
public sealed record Schedule(string Cron, string Zone)
{
    /// <summary>What people read, and its name among the schedules of a file: <c>0 3 * * * Europe/Amsterdam</c>.</summary>
    public override string ToString() => $"{Cron} {Zone}";
}
