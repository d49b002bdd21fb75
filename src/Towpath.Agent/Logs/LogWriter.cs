using System.Globalization;
using System.Text;

namespace Towpath.Agent.Logs;

/// <summary>
/// A numbered log under way: takes raw output as it comes, gives whole lines on. Thread-safe. A line that is too long is
/// cut, with a mark; when the log is full a mark is written and further output is dropped, while the work goes on.
/// </summary>
public sealed class LogWriter : IAsyncDisposable
{
    // Towpath's own lines are few, and say how the work ended: they are written to a full log too, up to this many bytes.
    private const long OwnLimit = 1_000_000;
    private const int LeastLineCost = 16;

    private readonly Lock gate = new();
    private readonly LogSink sink;
    private readonly LogLimits limits;
    private readonly TimeProvider time;
    private readonly SecretMask mask;
    private readonly Action written;
    private readonly Action ended;
    private readonly byte[] cutMark;
    private readonly byte[] fullMark;
    private readonly PartialLine[] partial;
    private long number;
    private long total;
    private long own;
    private bool full;
    private bool closed;

    /// <param name="mask">What must not be seen in any line.</param>
    /// <param name="written">Called after the lines of one write, so that a sink may gather them.</param>
    /// <param name="ended">Called once, after the last line.</param>
    /// <param name="last">The number of the last line that is already there, when an earlier log goes on.</param>
    public LogWriter(
        LogSink sink,
        SecretMask? mask = null,
        LogLimits? limits = null,
        TimeProvider? time = null,
        Action? written = null,
        Action? ended = null,
        long last = 0)
    {
        this.sink = sink;
        this.mask = mask ?? SecretMask.None;
        this.limits = limits ?? LogLimits.Default;
        this.time = time ?? TimeProvider.System;
        this.written = written ?? (() => { });
        this.ended = ended ?? (() => { });
        number = last;
        cutMark = Encoding.UTF8.GetBytes($" [cut: the line is longer than {Amount(this.limits.Line)}]");
        fullMark = Encoding.UTF8.GetBytes($"[the log is full at {Amount(this.limits.Total)}: further output is dropped]");
        // A secret may stand across the place where a line is cut: it must be whole to be seen.
        var most = this.limits.Line + this.mask.Longest;
        partial = [new(most), new(most), new(most)];
    }

    /// <summary>A line of Towpath's own. Line ends in it make it several.</summary>
    public void Say(string text) => Write(LogChannel.Towpath, Encoding.UTF8.GetBytes(text + "\n"));

    /// <summary>Raw output, split in lines; what has no line end yet waits for it.</summary>
    /// <exception cref="IOException">The log cannot be stored, as on a full disk.</exception>
    public void Write(LogChannel channel, ReadOnlySpan<byte> bytes)
    {
        lock (gate)
        {
            if (closed || (full && channel != LogChannel.Towpath))
                return;
            var at = Now();
            var line = partial[(int)channel];
            while (bytes.Length > 0)
            {
                var end = bytes.IndexOf((byte)'\n');
                if (end < 0)
                {
                    line.Add(bytes);
                    break;
                }
                if (line.IsEmpty && end <= limits.Line)
                {
                    Emit(at, channel, bytes[..end], tooLong: false);
                }
                else
                {
                    line.Add(bytes[..end]);
                    Emit(at, channel, line.Bytes, line.Overflowed);
                    line.Clear();
                }
                bytes = bytes[(end + 1)..];
            }
            written();
        }
    }

    /// <summary>Ends the lines that have no line end: what comes next begins a new one.</summary>
    public void EndLines()
    {
        lock (gate)
        {
            foreach (var channel in (ReadOnlySpan<LogChannel>)[LogChannel.Towpath, LogChannel.Output, LogChannel.Error])
            {
                var line = partial[(int)channel];
                if (line.IsEmpty)
                    continue;
                Emit(Now(), channel, line.Bytes, line.Overflowed);
                line.Clear();
            }
            written();
        }
    }

    /// <summary>No line follows. What is written later is dropped.</summary>
    public ValueTask DisposeAsync()
    {
        lock (gate)
        {
            if (!closed)
            {
                EndLines();
                closed = true;
                ended();
            }
        }
        return ValueTask.CompletedTask;
    }

    private void Emit(long at, LogChannel channel, ReadOnlySpan<byte> text, bool tooLong)
    {
        text = mask.Apply(text);
        // What was not kept may have completed a secret: without its end it could not be found.
        if (tooLong)
            text = text[..Math.Max(0, text.Length - Math.Max(0, mask.Longest - 1))];
        if (text is [.., (byte)'\r'])
            text = text[..^1];
        byte[]? shortened = null;
        if (tooLong || text.Length > limits.Line)
        {
            var kept = text[..Math.Min(text.Length, Math.Max(0, limits.Line - cutMark.Length))];
            shortened = [.. WithoutHalfCharacter(kept), .. cutMark];
        }
        Count(at, channel, shortened ?? text);
    }

    private void Count(long at, LogChannel channel, ReadOnlySpan<byte> text)
    {
        var cost = Math.Max(LeastLineCost, text.Length + 1);
        if (channel == LogChannel.Towpath)
        {
            own += cost;
            if (own <= OwnLimit)
                sink(++number, at, channel, text);
        }
        else if (!full)
        {
            total += cost;
            full = total > limits.Total;
            if (full)
                sink(++number, at, LogChannel.Towpath, fullMark);
            else
                sink(++number, at, channel, text);
        }
    }

    private long Now() => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private static ReadOnlySpan<byte> WithoutHalfCharacter(ReadOnlySpan<byte> text)
    {
        var end = text.Length;
        while (end > 0 && text.Length - end < 3 && (text[end - 1] & 0xC0) == 0x80)
            end--;
        return end > 0 && text[end - 1] >= 0xC0 ? text[..(end - 1)] : text;
    }

    private static string Amount(long bytes) => bytes switch
    {
        >= 1_000_000 when bytes % 1_000_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1_000_000} MB"),
        >= 1024 when bytes % 1024 == 0 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024} KiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"),
    };

    /// <summary>A line that has begun. Keeps at most so many bytes, however long the line gets.</summary>
    private sealed class PartialLine(int most)
    {
        private byte[] bytes = [];
        private int length;

        public bool IsEmpty => length == 0 && !Overflowed;

        public bool Overflowed { get; private set; }

        public ReadOnlySpan<byte> Bytes => bytes.AsSpan(0, length);

        public void Add(ReadOnlySpan<byte> more)
        {
            var kept = more[..Math.Min(more.Length, most - length)];
            Overflowed |= kept.Length < more.Length;
            if (bytes.Length < length + kept.Length)
                Array.Resize(ref bytes, Math.Min(most, Math.Max(256, 2 * (length + kept.Length))));
            kept.CopyTo(bytes.AsSpan(length));
            length += kept.Length;
        }

        public void Clear()
        {
            length = 0;
            Overflowed = false;
        }
    }
}
