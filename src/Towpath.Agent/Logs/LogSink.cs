namespace Towpath.Agent.Logs;

/// <summary>Takes the finished lines of a log, one call a line, in order, never two at once.</summary>
/// <param name="number">From 1, without a gap.</param>
/// <param name="at">Microseconds since 1970, UTC.</param>
/// <param name="text">Without its line end; only valid during the call.</param>
public delegate void LogSink(long number, long at, LogChannel channel, ReadOnlySpan<byte> text);

/// <summary>What one log may hold.</summary>
/// <param name="Line">Bytes of one line, the mark included.</param>
/// <param name="Total">Bytes of output in the whole log; every line counts at least 16.</param>
public sealed record LogLimits(int Line, long Total)
{
    /// <summary>64 KiB a line, 256 MB an attempt.</summary>
    public static LogLimits Default { get; } = new(64 * 1024, 256_000_000);
}
