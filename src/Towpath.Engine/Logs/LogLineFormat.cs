using System.Buffers;
using System.Buffers.Text;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Towpath.Engine.Logs;

/// <summary>
/// A stored line: <c>CHECKSUM NUMBER MICROSECONDS CHANNEL TEXT</c> and a line feed. Every line feed ends a line, so that one
/// can begin to read anywhere in a file. The last line of a complete log has the channel <c>-</c>.
/// </summary>
/// <remarks>The checksum tells a line from what a power cut leaves at a file's end: old blocks or zeros.</remarks>
internal static class LogLineFormat
{
    public const int MaxText = 64 << 10;

    /// <summary>Of a line with its head and its line feed, in bytes.</summary>
    public const int MaxLine = MaxText + 64;
    private const int ChecksumLength = 8;
    private const byte CompleteMark = (byte)'-';

    public static void Write(ArrayBufferWriter<byte> output, long number, LogRecord record) =>
        Write(output, number, record.At, (byte)('0' + Math.Clamp(record.Channel, 0, 2)), record.Text.Span);

    public static void WriteComplete(ArrayBufferWriter<byte> output, long number) => Write(output, number, 0, CompleteMark, []);

    /// <param name="line">Without its line feed.</param>
    /// <returns>False when it is damaged.</returns>
    public static bool TryRead(ReadOnlySpan<byte> line, out ParsedLine parsed)
    {
        parsed = default;
        if (line.Length <= ChecksumLength || line[ChecksumLength] != (byte)' ')
            return false;
        var body = line[(ChecksumLength + 1)..];
        if (!Utf8Parser.TryParse(line[..ChecksumLength], out uint checksum, out var used, 'x') || used != ChecksumLength)
            return false;
        if (checksum != Checksum(body))
            return false;
        if (!TryTakeNumber(ref body, out var number) || !TryTakeNumber(ref body, out var at) || body.Length < 2)
            return false;
        parsed = new(number, at, body[0] - '0', body[0] == CompleteMark, body[2..]);
        return true;
    }

    private static void Write(ArrayBufferWriter<byte> output, long number, long at, byte channel, ReadOnlySpan<byte> text)
    {
        text = text[..Math.Min(text.Length, MaxText)];
        var line = output.GetSpan(text.Length + (MaxLine - MaxText));
        var length = ChecksumLength;
        line[length++] = (byte)' ';
        Utf8Formatter.TryFormat(number, line[length..], out var written);
        length += written;
        line[length++] = (byte)' ';
        Utf8Formatter.TryFormat(at, line[length..], out written);
        length += written;
        line[length++] = (byte)' ';
        line[length++] = channel;
        line[length++] = (byte)' ';
        text.CopyTo(line[length..]);
        line.Slice(length, text.Length).Replace((byte)'\n', (byte)' ');
        length += text.Length;
        Utf8Formatter.TryFormat(Checksum(line[(ChecksumLength + 1)..length]), line, out _, new StandardFormat('x', ChecksumLength));
        line[length++] = (byte)'\n';
        output.Advance(length);
    }

    private static bool TryTakeNumber(ref ReadOnlySpan<byte> body, out long number)
    {
        if (!Utf8Parser.TryParse(body, out number, out var used) || used >= body.Length || body[used] != (byte)' ')
            return false;
        body = body[(used + 1)..];
        return true;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        foreach (var eight in MemoryMarshal.Cast<byte, ulong>(bytes))
            sum = BitOperations.Crc32C(sum, eight);
        foreach (var one in bytes[(bytes.Length & ~7)..])
            sum = BitOperations.Crc32C(sum, one);
        return ~sum;
    }
}

/// <summary>A line in a buffer.</summary>
internal readonly ref struct ParsedLine(long number, long at, int channel, bool complete, ReadOnlySpan<byte> text)
{
    private readonly ReadOnlySpan<byte> text = text;

    public long Number => number;

    /// <summary>It is the end of the log and no line of it.</summary>
    public bool Complete => complete;

    public LogEntry ToEntry() => new(number, DateTimeOffset.UnixEpoch.AddMicroseconds(at), channel, Encoding.UTF8.GetString(text));
}
