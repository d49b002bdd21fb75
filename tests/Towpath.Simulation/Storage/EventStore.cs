using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Runs;
using Towpath.Engine;
using Towpath.Engine.Journal;

namespace Towpath.Simulation.Storage;

/// <summary>
/// Events on the simulated disk. Their JSON takes most of a simulation's time, so only some seeds read back what they
/// wrote, as every real server does; in the others one event in four hundred is written, read and compared.
/// </summary>
internal static class EventStore
{
    private const int ReadsOneIn = 400;

    private static readonly Dictionary<Type, string> Names = new[] { typeof(ProjectEvent), typeof(RunEvent), typeof(EnvironmentEvent) }
        .SelectMany(hierarchy => hierarchy.GetCustomAttributes<JsonDerivedTypeAttribute>())
        .ToDictionary(derived => derived.DerivedType, derived => (string)derived.TypeDiscriminator!);

    /// <summary>As the product writes and reads it.</summary>
    public static JournalEntry ThroughJson(StreamId stream, Recorded<MachineEvent> recorded)
    {
        var written = Rules.OfFlow.Write(stream, recorded);
        return written with { Event = Read(written) };
    }

    /// <summary>As it is, but for one in four hundred.</summary>
    public static JournalEntry Sampled(StreamId stream, Recorded<MachineEvent> recorded)
    {
        if (recorded.Sequence % ReadsOneIn != 0)
            return new JournalEntry(recorded.Sequence, stream.Text, recorded.At, Names[recorded.Event.GetType()], "") { Event = recorded.Event };
        var entry = ThroughJson(stream, recorded);
        return recorded.Event.Equals(entry.Event) ? entry : throw new JsonException($"{entry.Type} is read otherwise than it was written");
    }

    private static MachineEvent Read(JournalEntry entry)
    {
        var stream = StreamId.Parse(entry.Stream);
        return stream.Run is not null ? JsonSerializer.Deserialize<RunEvent>(entry.Data, CoreJson.Options)!
            : stream.Environment is not null ? JsonSerializer.Deserialize<EnvironmentEvent>(entry.Data, CoreJson.Options)!
            : JsonSerializer.Deserialize<ProjectEvent>(entry.Data, CoreJson.Options)!;
    }
}
