using System.Buffers;
using System.Text;

namespace Towpath.Agent.Logs;

/// <summary>
/// Replaces secret values in a line. Of a secret that has several lines, each line that is worth hiding is a value of its own.
/// </summary>
public sealed class SecretMask
{
    // Shorter parts of a secret with several lines are brackets and the like: hiding them would only harm the log.
    private const int ShortestPart = 4;
    private readonly byte[][] values;

    public SecretMask(IEnumerable<string> secrets) =>
        values =
        [
            .. secrets.SelectMany(ValuesOf).Distinct(StringComparer.Ordinal)
                // Longest first: a secret that holds another one is hidden whole.
                .OrderByDescending(value => value.Length)
                .Select(Encoding.UTF8.GetBytes),
        ];

    public static SecretMask None { get; } = new([]);

    /// <summary>Bytes of the longest value: what may stand across a border.</summary>
    public int Longest => values.Length == 0 ? 0 : values[0].Length;

    /// <summary>The line itself when it holds no secret.</summary>
    public ReadOnlySpan<byte> Apply(ReadOnlySpan<byte> line)
    {
        foreach (var value in values)
        {
            if (line.IndexOf(value) >= 0)
                line = Replace(line, value);
        }
        return line;
    }

    private static IEnumerable<string> ValuesOf(string secret)
    {
        var parts = secret.Split(['\n', '\r'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return parts.Length == 1 ? parts : parts.Where(part => part.Length >= ShortestPart);
    }

    private static ReadOnlySpan<byte> Replace(ReadOnlySpan<byte> line, ReadOnlySpan<byte> value)
    {
        var masked = new ArrayBufferWriter<byte>(line.Length);
        for (int at; (at = line.IndexOf(value)) >= 0; line = line[(at + value.Length)..])
        {
            masked.Write(line[..at]);
            masked.Write("***"u8);
        }
        masked.Write(line);
        return masked.WrittenSpan;
    }
}
