namespace Towpath.Router.Routes;

/// <summary>
/// Until when a candidate may get requests without somebody who judges it saying so again. Lapsed from the beginning: after a
/// start of the router nobody has said anything yet.
/// </summary>
/// <remarks>Nothing runs when it lapses. Each request compares the moment of its begin, which is read anyway.</remarks>
internal sealed class Lease(TimeProvider time)
{
    private long _until = long.MinValue;

    /// <param name="timestamp">Of the time provider.</param>
    public bool LivesAt(long timestamp) => timestamp < Volatile.Read(ref _until);

    /// <summary>0 when it has lapsed.</summary>
    public TimeSpan LeftAt(long timestamp) =>
        LivesAt(timestamp) ? time.GetElapsedTime(timestamp, Volatile.Read(ref _until)) : TimeSpan.Zero;

    /// <summary>From now on for the time given, whatever was left.</summary>
    public void Renew(TimeSpan length) =>
        Volatile.Write(ref _until, time.GetTimestamp() + (long)(length.TotalSeconds * time.TimestampFrequency));
}
