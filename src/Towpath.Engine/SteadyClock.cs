namespace Towpath.Engine;

/// <summary>
/// The loop's time. It is the wall clock as long as nothing is under way. While something is, a wall clock that is set (or a
/// machine that slept) does not move it: deadlines are set and met in the time that really passed. It then draws nearer to the
/// wall clock by a tenth of that time, so that a server that is never idle comes back to it as well, and no deadline is cut or
/// drawn out by more than a tenth.
/// </summary>
/// <remarks>Not thread-safe. How long the server was not running cannot be told apart from a clock that was set meanwhile.</remarks>
public sealed class SteadyClock(TimeProvider time)
{
    /// <summary>As near as this is the same time: ordinary corrections of the wall clock are taken over at once.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(1);

    private const int Share = 10;

    private DateTimeOffset now = time.GetUtcNow();
    private long stamp = time.GetTimestamp();

    public DateTimeOffset Now(bool isUnderWay)
    {
        var current = time.GetTimestamp();
        var passed = time.GetElapsedTime(stamp, current);
        stamp = current;
        now += passed;
        var wall = time.GetUtcNow();
        var behind = wall - now;
        if (!isUnderWay || behind.Duration() <= Tolerance)
            now = wall;
        else
            now += behind > TimeSpan.Zero ? passed / Share : -passed / Share;
        return now;
    }
}
