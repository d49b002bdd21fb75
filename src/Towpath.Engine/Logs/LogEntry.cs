namespace Towpath.Engine.Logs;

/// <summary>A line as it is read.</summary>
/// <param name="Number">From 1, without a gap.</param>
/// <param name="At">To the microsecond.</param>
/// <param name="Channel">0 what Towpath says, 1 stdout, 2 stderr.</param>
/// <param name="Text">Without its line end; bytes that are not UTF-8 are shown as U+FFFD.</param>
public sealed record LogEntry(long Number, DateTimeOffset At, int Channel, string Text);

/// <summary>A line as it is stored.</summary>
/// <param name="At">Microseconds since 1970, UTC.</param>
/// <param name="Channel">0 what Towpath says, 1 stdout, 2 stderr.</param>
/// <param name="Text">Without its line end; what is over 64 KiB is cut off.</param>
public readonly record struct LogRecord(long At, int Channel, ReadOnlyMemory<byte> Text);

/// <param name="Next">The number of the first line that is not there.</param>
/// <param name="Complete">No line follows.</param>
public readonly record struct LogExtent(long Next, bool Complete);
