namespace Towpath.Tests;

/// <summary>A clock on the wall that a test sets, and the time that really passes; timers wait for neither.</summary>
internal sealed class SetTime(DateTimeOffset wall) : TimeProvider
{
    private long passed;
    private long set = wall.UtcTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Time passes, and the wall clock shows it.</summary>
    public void Pass(TimeSpan time) => Interlocked.Add(ref passed, time.Ticks);

    /// <summary>The wall clock is set, and no time passes.</summary>
    public void Set(TimeSpan by) => Interlocked.Add(ref set, by.Ticks);

    public override long GetTimestamp() => Interlocked.Read(ref passed);

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref set) + Interlocked.Read(ref passed), TimeSpan.Zero);
}
