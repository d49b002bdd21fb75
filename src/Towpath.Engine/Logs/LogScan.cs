using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Towpath.Engine.Logs;

/// <summary>Finds places in a log's file without reading all of it.</summary>
internal static class LogScan
{
    private const int Step = 256 << 10;

    /// <summary>How far the file is whole. Only the end can be in doubt, so only the end is looked at.</summary>
    public static (long Size, long Next, bool Complete) Tail(SafeFileHandle file)
    {
        var length = RandomAccess.GetLength(file);
        for (long window = 2 * LogFile.MaxUnsynced; window < length; window *= 4)
        {
            var start = LineStart(file, length - window, length).Offset;
            if (Walk(file, start, length) is { Size: var size } found && size > start)
                return found;
        }

        return Walk(file, 0, length);
    }

    /// <summary>An offset at which a line begins that is not after the wanted one, and not far before it.</summary>
    public static long Find(SafeFileHandle file, long number, long size)
    {
        long low = 0;
        for (var high = size; high - low > Step;)
        {
            var middle = low + ((high - low) / 2);
            var (offset, found) = LineStart(file, middle, size);
            if (offset < high && found > 0 && found <= number)
                low = offset;
            else
                high = middle;
        }

        return low;
    }

    /// <returns>How much was read; less than the buffer only at the file's end.</returns>
    public static int Fill(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        var total = 0;
        while (total < buffer.Length && RandomAccess.Read(file, buffer[total..], offset + total) is var read and > 0)
            total += read;
        return total;
    }

    private static (long Size, long Next, bool Complete) Walk(SafeFileHandle file, long start, long length)
    {
        var buffer = new byte[length - start];
        var read = Fill(file, buffer, start);
        var good = 0;
        var next = start == 0 ? 1L : 0;
        while (buffer.AsSpan(good, read - good).IndexOf((byte)'\n') is var end and >= 0)
        {
            if (!LogLineFormat.TryRead(buffer.AsSpan(good, end), out var line) || (next > 0 && line.Number != next))
                break;
            good += end + 1;
            next = line.Complete ? line.Number : line.Number + 1;
            if (line.Complete)
                return (start + good, next, true);
        }

        return (start + good, next, false);
    }

    /// <summary>Where the first line after an offset begins, and its number; 0 when it is damaged or there is none.</summary>
    private static (long Offset, long Number) LineStart(SafeFileHandle file, long offset, long size)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(2 * LogLineFormat.MaxLine);
        try
        {
            var bytes = buffer.AsSpan(0, Fill(file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, size - offset)), offset));
            var start = bytes.IndexOf((byte)'\n') + 1;
            if (start == 0)
                return (size, 0);
            var end = bytes[start..].IndexOf((byte)'\n');
            return (offset + start, end >= 0 && LogLineFormat.TryRead(bytes.Slice(start, end), out var line) ? line.Number : 0);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
