using System.Text.Json;
using System.Text.Json.Serialization;
using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;
using Towpath.Core.Runs;
using Towpath.Engine.Journal;

namespace Towpath.Engine;

/// <summary>
/// States as snapshots keep them: as everything else, but for pipelines. A state holds hundreds that are mostly the same, so
/// each is written once and named by its place.
/// </summary>
internal static class SnapshotJson
{
    private static readonly JsonSerializerOptions Options = new(CoreJson.Options) { Converters = { new Places() } };

    public static Snapshot Write(StreamId stream, long sequence, MachineState state)
    {
        var pipelines = new List<Pipeline>();
        // The state first: writing it says which pipelines there are.
        var text = Places.With(pipelines, () => JsonSerializer.Serialize(state, state.GetType(), Options));
        return new Snapshot(
            stream.Text, sequence, EvolveVersion.Current, $$"""{"pipelines":{{JsonSerializer.Serialize(pipelines, CoreJson.Options)}},"state":{{text}}}""");
    }

    /// <returns>Null when it was made by other code or cannot be read: it is only a shortcut.</returns>
    public static MachineState? Read(StreamId stream, Snapshot snapshot)
    {
        if (snapshot.Known is { } known)
            return known;
        if (snapshot.Version != EvolveVersion.Current)
            return null;
        try
        {
            using var json = JsonDocument.Parse(snapshot.State);
            var pipelines = json.RootElement.GetProperty("pipelines").Deserialize<List<Pipeline>>(SharedPipelines.Options)!;
            return (MachineState?)Places.With(pipelines, () => json.RootElement.GetProperty("state").Deserialize(TypeOf(stream), Options));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or ArgumentOutOfRangeException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    private static Type TypeOf(StreamId stream) => stream switch
    {
        { Run: not null } => typeof(RunState),
        { Environment: not null } => typeof(EnvironmentState),
        _ => typeof(ProjectState),
    };

    private sealed class Places : JsonConverter<Pipeline>
    {
        // The serializer has no other way to hand something to a converter.
        [ThreadStatic]
        private static List<Pipeline>? pipelines;

        public static T With<T>(List<Pipeline> given, Func<T> work)
        {
            pipelines = given;
            try
            {
                return work();
            }
            finally
            {
                pipelines = null;
            }
        }

        public override Pipeline Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => pipelines![reader.GetInt32()];

        public override void Write(Utf8JsonWriter writer, Pipeline value, JsonSerializerOptions options)
        {
            var place = pipelines!.FindLastIndex(known => ReferenceEquals(known, value));
            if (place < 0)
                place = pipelines.FindLastIndex(value.Equals);
            if (place < 0)
            {
                place = pipelines.Count;
                pipelines.Add(value);
            }

            writer.WriteNumberValue(place);
        }
    }
}
