using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Towpath.Core;
using Towpath.Core.Pipelines;

namespace Towpath.Engine;

/// <summary>
/// Reads the same definition once. Most of a journal's bytes are pipelines, frozen in every push, run and deployment, and
/// few of them differ from the one before: what has the same text becomes the same object.
/// </summary>
internal sealed class SharedPipelines : JsonConverter<Pipeline>
{
    // Together at most 16 MB of text, whatever is read.
    private const int Slots = 256;
    private const int TextAtMost = 64 * 1024;
    private static readonly Known?[] Newest = new Known?[Slots];

    /// <summary><see cref="CoreJson.Options"/>, for reading.</summary>
    public static JsonSerializerOptions Options { get; } = new(CoreJson.Options) { Converters = { new SharedPipelines() } };

    public override Pipeline? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var json = JsonDocument.ParseValue(ref reader);
        var text = JsonMarshal.GetRawUtf8Value(json.RootElement);
        if (text.Length > TextAtMost)
            return JsonSerializer.Deserialize<Pipeline>(text, CoreJson.Options);
        var hash = default(HashCode);
        hash.AddBytes(text);
        // Slots are exchanged whole, so that any thread may look at any time; whoever comes too late reads once more.
        ref var slot = ref Newest[(uint)hash.ToHashCode() % Slots];
        if (Volatile.Read(ref slot) is { } known && text.SequenceEqual(known.Text))
            return known.Pipeline;
        var pipeline = JsonSerializer.Deserialize<Pipeline>(text, CoreJson.Options)!;
        Volatile.Write(ref slot, new Known(text.ToArray(), pipeline));
        return pipeline;
    }

    public override void Write(Utf8JsonWriter writer, Pipeline value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, value, CoreJson.Options);

    private sealed record Known(byte[] Text, Pipeline Pipeline);
}
