using System.Buffers;
using System.Globalization;
using System.Text;

namespace Towpath.Protocol.Archives;

/// <summary>
/// Writes tar (POSIX ustar, with pax records only for names that need them) in which nothing depends on the machine, the
/// user or the time. Own code, because a package's digest must not change with the runtime's next version: the runtime's
/// own writer puts times and its process id into pax headers.
/// </summary>
internal sealed class DeterministicTarWriter(Stream output)
{
    private const int BlockSize = 512;
    private const int NameSize = 100;
    private const long MaxUstarSize = 0x1_FFFF_FFFF;
    private static readonly byte[] Zeros = new byte[BlockSize];
    private readonly byte[] block = new byte[BlockSize];

    public Task WriteFolderAsync(string name, CancellationToken cancel) =>
        WriteHeaderAsync(name + "/", '5', executable: true, 0, "", cancel);

    public Task WriteLinkAsync(string name, string target, CancellationToken cancel) =>
        WriteHeaderAsync(name, '2', executable: true, 0, target, cancel);

    /// <exception cref="EndOfStreamException">The content is shorter than the length.</exception>
    public async Task WriteFileAsync(string name, bool executable, long length, Stream content, CancellationToken cancel)
    {
        await WriteHeaderAsync(name, '0', executable, length, "", cancel);
        var buffer = ArrayPool<byte>.Shared.Rent(128 << 10);
        try
        {
            for (var left = length; left > 0;)
            {
                var read = await content.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), cancel);
                if (read == 0)
                    throw new EndOfStreamException();
                await output.WriteAsync(buffer.AsMemory(0, read), cancel);
                left -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        await PadAsync(length, cancel);
    }

    public async Task FinishAsync(CancellationToken cancel)
    {
        await output.WriteAsync(Zeros, cancel);
        await output.WriteAsync(Zeros, cancel);
        await output.FlushAsync(cancel);
    }

    private async Task WriteHeaderAsync(string name, char type, bool executable, long length, string target, CancellationToken cancel)
    {
        var records = new List<byte>();
        if (NeedsRecord(name))
            records.AddRange(Record("path", name));
        if (NeedsRecord(target))
            records.AddRange(Record("linkpath", target));
        if (length > MaxUstarSize)
            records.AddRange(Record("size", length.ToString(CultureInfo.InvariantCulture)));
        if (records.Count > 0)
        {
            FillBlock("PaxHeader", 'x', executable: false, records.Count, "");
            await output.WriteAsync(block, cancel);
            await output.WriteAsync(records.ToArray(), cancel);
            await PadAsync(records.Count, cancel);
        }

        FillBlock(name, type, executable, length > MaxUstarSize ? 0 : length, target);
        await output.WriteAsync(block, cancel);
    }

    private static bool NeedsRecord(string text) => text.Length > NameSize || !Ascii.IsValid(text);

    // The length at the record's start counts itself.
    private static byte[] Record(string key, string value)
    {
        var rest = Encoding.UTF8.GetByteCount($" {key}={value}\n");
        var length = rest + 1;
        while (length != rest + length.ToString(CultureInfo.InvariantCulture).Length)
            length = rest + length.ToString(CultureInfo.InvariantCulture).Length;
        return Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{length} {key}={value}\n"));
    }

    private void FillBlock(string name, char type, bool executable, long length, string target)
    {
        Array.Clear(block);
        Text(0, NameSize, name);
        Octal(100, 8, type == '2' ? 0b111_111_111 : executable ? 0b111_101_101 : 0b110_100_100);
        Octal(108, 8, 0);
        Octal(116, 8, 0);
        Octal(124, 12, length);
        Octal(136, 12, 0);
        block[156] = (byte)type;
        Text(157, NameSize, target);
        Text(257, 8, "ustar\000");
        Octal(329, 8, 0);
        Octal(337, 8, 0);

        // The sum is taken with its own field full of spaces.
        block.AsSpan(148, 8).Fill((byte)' ');
        var sum = 0;
        foreach (var b in block)
            sum += b;
        Octal(148, 7, sum);
    }

    private void Text(int offset, int size, string text)
    {
        for (var i = 0; i < Math.Min(size, text.Length); i++)
            block[offset + i] = text[i] < 128 ? (byte)text[i] : (byte)'?';
    }

    private void Octal(int offset, int size, long value)
    {
        for (var i = offset + size - 2; i >= offset; i--, value >>= 3)
            block[i] = (byte)('0' + (value & 7));
        block[offset + size - 1] = 0;
    }

    private async Task PadAsync(long length, CancellationToken cancel)
    {
        if (length % BlockSize is var used and > 0)
            await output.WriteAsync(Zeros.AsMemory(0, BlockSize - (int)used), cancel);
    }
}
