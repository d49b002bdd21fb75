namespace Towpath.Tests.Engine;

/// <summary>Stands still until a test moves it; then the timers that are due go off, in the test's own thread.</summary>
internal sealed class AlarmTime : TimeProvider
{
    private readonly List<Alarm> alarms = [];
    private DateTimeOffset now = DateTimeOffset.UnixEpoch;

    public override DateTimeOffset GetUtcNow() => now;

    public override long GetTimestamp() => now.Ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Pass(TimeSpan time)
    {
        now += time;
        foreach (var due in alarms.Where(alarm => alarm.At <= now).ToList())
        {
            alarms.Remove(due);
            due.Ring();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var alarm = new Alarm(this, callback, state);
        alarm.Change(dueTime, period);
        return alarm;
    }

    private sealed class Alarm(AlarmTime time, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset At { get; private set; }

        public void Ring() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            time.alarms.Remove(this);
            At = time.now + dueTime;
            if (dueTime != Timeout.InfiniteTimeSpan)
                time.alarms.Add(this);
            return true;
        }

        public void Dispose() => time.alarms.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
