using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Towpath.Protocol.Failpoints;

namespace Towpath.Agent.Logs;

/// <summary>A line read back from the spool.</summary>
public readonly record struct SpooledLine(long At, LogChannel Channel, ReadOnlyMemory<byte> Text);

/// <summary>A place in a spool: the line with this number comes next.</summary>
public readonly record struct SpoolPlace(long Line, long Offset);

/// <summary>Whose log it is.</summary>
/// <param name="Command">The command's id, which is the log's name too.</param>
/// <param name="Kind">The command's kind in the protocol.</param>
public sealed record SpoolOwner(string Command, string Kind);

/// <summary>
/// The file that keeps a log's lines until the server has them: a header, then one record a line. Written by the log's
/// writer, read by the link; lines count from 1, so a line's number is its place.
/// </summary>
public sealed class SpoolFile : IDisposable
{
    // Length of the text (4), microseconds (8), channel (1).
    private const int RecordHead = 13;
    private const int EndOfLog = -1;
    private const int GatherAtMost = 256 * 1024;
    private static readonly byte[] Magic = "TPSPOOL1"u8.ToArray();

    private readonly Lock gate = new();
    private readonly SafeFileHandle file;
    private readonly long firstRecord;
    private byte[] gathered = new byte[4096];
    private int gatheredLength;
    private long lines;
    private long linesInFile;
    private long length;
    private bool complete;

    private SpoolFile(string path, SpoolOwner owner, SafeFileHandle file, long firstRecord)
    {
        Path = path;
        Owner = owner;
        this.file = file;
        this.firstRecord = firstRecord;
        length = firstRecord;
    }

    public string Path { get; }

    public SpoolOwner Owner { get; }

    /// <summary>The number of the last line.</summary>
    public long Lines
    {
        get
        {
            lock (gate)
                return lines;
        }
    }

    /// <summary>True when no line follows those in the file.</summary>
    public bool IsComplete
    {
        get
        {
            lock (gate)
                return complete;
        }
    }

    /// <summary>Raised when lines can be read that could not before, or the log is complete.</summary>
    public event Action? Grew;

    public static SpoolFile Create(string path, SpoolOwner owner)
    {
        var file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        var json = JsonSerializer.SerializeToUtf8Bytes(owner);
        var header = new byte[Magic.Length + 4 + json.Length];
        Magic.CopyTo(header, 0);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(Magic.Length), json.Length);
        json.CopyTo(header, Magic.Length + 4);
        RandomAccess.Write(file, header, 0);
        return new(path, owner, file, header.Length);
    }

    /// <summary>A spool that an earlier agent left. A record that was torn when it died is cut off. Null: not a spool.</summary>
    public static SpoolFile? Open(string path)
    {
        var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        var head = new byte[Magic.Length + 4];
        if (RandomAccess.Read(file, head, 0) == head.Length && head.AsSpan(0, Magic.Length).SequenceEqual(Magic))
        {
            var json = new byte[Math.Clamp(BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(Magic.Length)), 0, 64 * 1024)];
            if (RandomAccess.Read(file, json, head.Length) == json.Length && OwnerIn(json) is { } owner)
            {
                var spool = new SpoolFile(path, owner, file, head.Length + json.Length);
                spool.Recover();
                return spool;
            }
        }
        file.Dispose();
        return null;
    }

    /// <summary>Gathers a line; <see cref="Flush"/> makes it readable.</summary>
    public void Append(long at, LogChannel channel, ReadOnlySpan<byte> text)
    {
        lock (gate)
        {
            if (gatheredLength + RecordHead + text.Length > GatherAtMost)
                WriteGathered();
            var record = Gather(RecordHead + text.Length);
            BinaryPrimitives.WriteInt32LittleEndian(record, text.Length);
            BinaryPrimitives.WriteInt64LittleEndian(record[4..], at);
            record[12] = (byte)channel;
            text.CopyTo(record[RecordHead..]);
            lines++;
        }
    }

    /// <exception cref="IOException">The disk is full.</exception>
    public void Flush()
    {
        lock (gate)
        {
            if (gatheredLength == 0)
                return;
            WriteGathered();
        }
        Grew?.Invoke();
    }

    public void Complete()
    {
        lock (gate)
        {
            if (complete)
                return;
            BinaryPrimitives.WriteInt32LittleEndian(Gather(4), EndOfLog);
            try
            {
                WriteGathered();
            }
            catch (IOException)
            {
                // A full disk: the log ends where it was cut, and that it ended is known as long as this agent lives.
            }
            complete = true;
        }
        Failpoint.Cross("spool.ended");
        Grew?.Invoke();
    }

    public SpoolPlace Start => new(1, firstRecord);

    /// <summary>The next lines, up to so many bytes of records but at least one when there is one; and the place after them.</summary>
    public (IReadOnlyList<SpooledLine> Lines, SpoolPlace Next) Read(SpoolPlace from, int bytes)
    {
        long end;
        lock (gate)
            end = length;
        var buffer = new byte[(int)Math.Min(Math.Max(bytes, RecordHead), end - from.Offset)];
        var read = ReadFully(buffer, from.Offset);
        var result = new List<SpooledLine>();
        var at = 0;
        while (read - at >= RecordHead)
        {
            var text = BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(at));
            if (text == EndOfLog)
                break;
            if (read - at < RecordHead + text)
            {
                if (result.Count > 0)
                    break;
                return Read(from, RecordHead + text);
            }
            result.Add(new(
                BinaryPrimitives.ReadInt64LittleEndian(buffer.AsSpan(at + 4)),
                (LogChannel)buffer[at + 12],
                buffer.AsMemory(at + RecordHead, text)));
            at += RecordHead + text;
        }
        return (result, new(from.Line + result.Count, from.Offset + at));
    }

    /// <summary>The place of a line, searched from one before it; the end when the file has fewer.</summary>
    public SpoolPlace Skip(SpoolPlace from, long toLine)
    {
        while (from.Line < toLine)
        {
            var (found, next) = Read(from, GatherAtMost);
            if (found.Count == 0)
                break;
            if (next.Line > toLine)
            {
                var skipped = found.Take((int)(toLine - from.Line)).Sum(line => (long)RecordHead + line.Text.Length);
                return new(toLine, from.Offset + skipped);
            }
            from = next;
        }
        return from;
    }

    public void Dispose() => file.Dispose();

    private static SpoolOwner? OwnerIn(byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize<SpoolOwner>(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Recover()
    {
        var size = RandomAccess.GetLength(file);
        Span<byte> head = stackalloc byte[4];
        while (size - length >= 4)
        {
            RandomAccess.Read(file, head, length);
            var text = BinaryPrimitives.ReadInt32LittleEndian(head);
            if (text == EndOfLog)
            {
                complete = true;
                length += 4;
                break;
            }
            if (text < 0 || size - length < RecordHead + text)
                break;
            length += RecordHead + text;
            lines++;
        }
        linesInFile = lines;
        if (length < size)
            RandomAccess.SetLength(file, length);
    }

    private Span<byte> Gather(int bytes)
    {
        if (gathered.Length < gatheredLength + bytes)
            Array.Resize(ref gathered, 2 * (gatheredLength + bytes));
        gatheredLength += bytes;
        return gathered.AsSpan(gatheredLength - bytes, bytes);
    }

    private void WriteGathered()
    {
        var bytes = gatheredLength;
        gatheredLength = 0;
        try
        {
            RandomAccess.Write(file, gathered.AsSpan(0, bytes), length);
        }
        catch (IOException)
        {
            // What a full disk refused is not tried again: the next line takes its number.
            lines = linesInFile;
            throw;
        }
        length += bytes;
        linesInFile = lines;
    }

    private int ReadFully(byte[] buffer, long offset)
    {
        var read = 0;
        while (read < buffer.Length && RandomAccess.Read(file, buffer.AsSpan(read), offset + read) is > 0 and var more)
            read += more;
        return read;
    }
}
