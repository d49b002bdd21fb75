using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Towpath.Core.Packages;

/// <summary>The name of bytes: <c>sha256:</c> and 64 lower-case hexadecimal digits, as in the OCI image specification.</summary>
[JsonConverter(typeof(DigestJson))]
public readonly record struct Digest
{
    private const string Prefix = "sha256:";
    private readonly string? hex;

    private Digest(string hex) => this.hex = hex;

    /// <summary>The 64 hexadecimal digits alone.</summary>
    public string Hex => hex ?? throw new InvalidOperationException("An empty digest was used.");

    /// <summary>The first twelve digits: enough for people.</summary>
    public string Short => Hex[..12];

    /// <param name="sha256">The 32 bytes of a SHA-256.</param>
    public static Digest Of(ReadOnlySpan<byte> sha256) =>
        sha256.Length == 32 ? new(Convert.ToHexStringLower(sha256)) : throw new ArgumentException("A SHA-256 has 32 bytes.", nameof(sha256));

    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        digest = default;
        if (text is null || !text.StartsWith(Prefix, StringComparison.Ordinal) || text.Length != Prefix.Length + 64)
            return false;
        var digits = text[Prefix.Length..];
        if (!digits.All(char.IsAsciiHexDigitLower))
            return false;
        digest = new(digits);
        return true;
    }

    /// <exception cref="FormatException">The text is not a digest.</exception>
    public static Digest Parse(string text) =>
        TryParse(text, out var digest) ? digest : throw new FormatException($"'{text}' is not a digest: sha256: and 64 hexadecimal digits.");

    public override string ToString() => Prefix + Hex;
}

internal sealed class DigestJson : JsonConverter<Digest>
{
    public override Digest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Digest.TryParse(reader.GetString(), out var digest) ? digest : throw new JsonException("not a digest");

    public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
