using System.Buffers;

namespace Towpath.Agent.Apps;

/// <summary>What an app writes to its stdout and stderr: a file that the app itself has open.</summary>
internal static class AppLog
{
    private const int BufferSize = 128 * 1024;

    /// <summary>
    /// Copies and cuts: the app goes on writing at the file's new end. Only the newest bytes are copied, and no more than
    /// were asked for: an app can write faster than anybody copies, and its environments are not supervised meanwhile.
    /// </summary>
    /// <param name="limit">A file that is not longer is left alone; of a longer one so much is kept, in <c>.1</c>.</param>
    /// <exception cref="IOException">The disk is full, for example.</exception>
    public static void Cut(string log, long limit)
    {
        if (!File.Exists(log) || new FileInfo(log).Length <= limit)
            return;
        using var file = new FileStream(log, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        file.Position = Math.Max(0, file.Length - limit);
        using (var kept = new FileStream(log + ".1", FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0))
            Copy(file, kept, limit);
        file.SetLength(0);
    }

    private static void Copy(FileStream from, FileStream to, long length)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            for (var left = length; left > 0;)
            {
                var read = from.Read(buffer, 0, (int)Math.Min(buffer.Length, left));
                if (read == 0)
                    return;
                to.Write(buffer, 0, read);
                left -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
