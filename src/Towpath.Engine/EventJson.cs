using System.Diagnostics;
using System.Text.Json;
using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Runs;
using Towpath.Engine.Journal;

namespace Towpath.Engine;

/// <summary>Events as the journal keeps them: a name with a version, and JSON.</summary>
internal static class EventJson
{
    public static JournalEntry Write(StreamId stream, Recorded<MachineEvent> recorded)
    {
        var data = recorded.Event switch
        {
            ProjectEvent project => JsonSerializer.Serialize(project, CoreJson.Options),
            RunEvent run => JsonSerializer.Serialize(run, CoreJson.Options),
            EnvironmentEvent environment => JsonSerializer.Serialize(environment, CoreJson.Options),
            _ => throw new UnreachableException(),
        };
        return new JournalEntry(recorded.Sequence, stream.Text, recorded.At, TypeIn(data), data) { Event = recorded.Event };
    }

    /// <exception cref="JournalException">The entry is damaged, or was written by a newer version.</exception>
    public static Recorded<MachineEvent> Read(JournalEntry entry)
    {
        if (entry.Event is { } known)
            return new Recorded<MachineEvent>(entry.Sequence, entry.At, known);
        try
        {
            var stream = StreamId.Parse(entry.Stream);
            MachineEvent? read = stream.Run is not null ? JsonSerializer.Deserialize<RunEvent>(entry.Data, SharedPipelines.Options)
                : stream.Environment is not null ? JsonSerializer.Deserialize<EnvironmentEvent>(entry.Data, SharedPipelines.Options)
                : JsonSerializer.Deserialize<ProjectEvent>(entry.Data, SharedPipelines.Options);
            return new Recorded<MachineEvent>(entry.Sequence, entry.At, read ?? throw new JsonException("empty"));
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or FormatException)
        {
            throw new JournalException(
                $"Event {entry.Sequence} ({entry.Type}) of {entry.Stream} cannot be read: it is damaged or from a newer version of Towpath. Restore a backup, or start the version that wrote it.", e);
        }
    }

    /// <summary>The discriminator is always written first: <c>{"type":"run-created.v1",…</c></summary>
    private static string TypeIn(string data)
    {
        const int start = 9;
        return data[start..data.IndexOf('"', start)];
    }
}
