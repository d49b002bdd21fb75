using System.Security.Cryptography;
using System.Text;
using Towpath.Protocol.Files;

namespace Towpath.Agent.Apps;

/// <summary>Encrypts what must not lie readable on the disk, with a key that only the agent's user can read (AES-256-GCM).</summary>
internal sealed class SealingKey
{
    private const int KeyBytes = 32;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private readonly byte[] key;

    private SealingKey(byte[] key) => this.key = key;

    /// <summary>Reads the key, or makes one where there is none.</summary>
    /// <exception cref="InvalidDataException">The file holds something else.</exception>
    public static SealingKey Open(string path)
    {
        if (!File.Exists(path))
        {
            DurableFolder.Create(Path.GetDirectoryName(path)!);
            DurableFile.Write(path, RandomNumberGenerator.GetBytes(KeyBytes));
        }

        var key = File.ReadAllBytes(path);
        return key.Length == KeyBytes
            ? new SealingKey(key)
            : throw new InvalidDataException(
                $"{path} is damaged: a key has {KeyBytes} bytes. Restore it from a backup, or move it away and deploy again.");
    }

    /// <param name="purpose">Bound to the result: what was sealed for one thing does not open as another.</param>
    public string Seal(string text, string purpose)
    {
        var plain = Encoding.UTF8.GetBytes(text);
        var box = new byte[NonceBytes + TagBytes + plain.Length];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceBytes));
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(
            box.AsSpan(0, NonceBytes),
            plain,
            box.AsSpan(NonceBytes + TagBytes),
            box.AsSpan(NonceBytes, TagBytes),
            Encoding.UTF8.GetBytes(purpose));
        return Convert.ToBase64String(box);
    }

    /// <exception cref="InvalidDataException">It was changed, or sealed with another key or for another purpose.</exception>
    public string Open(string box, string purpose)
    {
        try
        {
            var bytes = Convert.FromBase64String(box);
            var plain = new byte[bytes.Length - NonceBytes - TagBytes];
            using var aes = new AesGcm(key, TagBytes);
            aes.Decrypt(
                bytes.AsSpan(0, NonceBytes),
                bytes.AsSpan(NonceBytes + TagBytes),
                bytes.AsSpan(NonceBytes, TagBytes),
                plain,
                Encoding.UTF8.GetBytes(purpose));
            return Encoding.UTF8.GetString(plain);
        }
        catch (Exception damaged) when (damaged is CryptographicException or FormatException or OverflowException or ArgumentException)
        {
            throw new InvalidDataException($"What was sealed for {purpose} does not open with this machine's key.", damaged);
        }
    }
}
