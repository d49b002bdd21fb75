namespace Towpath.Agent.Logs;

/// <summary>Takes the finished lines of a log, one call a line, in order, never two at once.</summary>
/// <param name="number">From 1, without a gap.</param>
/// <param name="at">Microseconds since 1970, UTC.</param>
/// <param name="text">Without its line end; only valid during the call.</param>
public delegate void LogSink(long number, long at, LogChannel channel, ReadOnlySpan<byte> text);

/// <summary>A numbered log under way. Thread-safe.</summary>
public sealed class LogWriter : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly LogSink sink;
    private long number;

    public LogWriter(LogSink sink) => this.sink = sink;

    /// <summary>A line of Towpath's own.</summary>
    public void Say(string text) => Write(LogChannel.Towpath, System.Text.Encoding.UTF8.GetBytes(text + "\n"));

    /// <summary>Raw output, split in lines.</summary>
    public void Write(LogChannel channel, ReadOnlySpan<byte> bytes)
    {
        lock (gate)
        {
            foreach (var line in bytes.Split((byte)'\n'))
                sink(++number, 0, channel, bytes[line]);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
