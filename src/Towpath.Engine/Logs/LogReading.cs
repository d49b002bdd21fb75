using Microsoft.Win32.SafeHandles;

namespace Towpath.Engine.Logs;

/// <summary>Somebody's way through a log, a piece at a time.</summary>
internal sealed class LogReading(SafeFileHandle handle, long from, long size) : IDisposable
{
    private readonly byte[] buffer = new byte[256 << 10];
    private long offset = LogScan.Find(handle, from, size);
    private long next = from;

    /// <summary>The lines of the next piece; null when all was read that there is.</summary>
    /// <param name="size">How far the file may be read.</param>
    public IReadOnlyList<LogEntry>? Take(long size)
    {
        if (offset >= size)
            return null;
        var read = LogScan.Fill(handle, buffer.AsSpan(0, (int)Math.Min(buffer.Length, size - offset)), offset);
        var entries = new List<LogEntry>();
        var used = 0;
        while (buffer.AsSpan(used, read - used).IndexOf((byte)'\n') is var end and >= 0)
        {
            if (LogLineFormat.TryRead(buffer.AsSpan(used, end), out var line))
                Add(entries, line);
            else if (reached)
                entries.Add(new(next++, DateTimeOffset.UnixEpoch, 0, "[this line is damaged on the server's disk]"));
            used += end + 1;
        }

        // Only a file that somebody else cut has no line end here.
        offset = used > 0 ? offset + used : size;
        return entries;
    }

    public void Dispose() => handle.Dispose();

    private void Add(List<LogEntry> entries, ParsedLine line)
    {
        reached |= line.Number >= next - 1;
        if (line.Complete || line.Number < next)
            return;
        entries.Add(line.ToEntry());
        next = line.Number + 1;
    }

    // Before the first wanted line, a damaged one is nobody's concern.
    private bool reached = from == 1;
}
