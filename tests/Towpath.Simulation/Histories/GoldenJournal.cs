using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Runs;
using Towpath.Engine;
using Towpath.Engine.Journal;

namespace Towpath.Simulation.Histories;

/// <summary>
/// A short history as one version of Towpath wrote it, kept as text for ever: <c>events.jsonl</c>, and what they come to,
/// stream by stream, in <c>states.jsonl</c>.
/// </summary>
public static class GoldenJournal
{
    private const string EventsFile = "events.jsonl";
    private const string StatesFile = "states.jsonl";
    private const int EventsAtLeast = 300;
    private const int SeedsAtMost = 5000;

    /// <summary>The names that events of this version have in a journal.</summary>
    public static IReadOnlyList<string> EventTypes { get; } =
    [
        .. new[] { typeof(ProjectEvent), typeof(RunEvent), typeof(EnvironmentEvent) }
            .SelectMany(hierarchy => hierarchy.GetCustomAttributes<JsonDerivedTypeAttribute>())
            .Select(derived => (string)derived.TypeDiscriminator!),
    ];

    /// <summary>Writes this version's: the first seed whose history has an event of every type.</summary>
    /// <returns>The exit code: 1 when no history has them all, and what is missing is said.</returns>
    public static int Write(string folder)
    {
        var fewest = EventTypes;
        for (var seed = 1; seed <= SeedsAtMost; seed++)
        {
            var journal = new MemoryJournal();
            var history = new History(journal, seed, projects: 2, busy: 60);
            history.GrowTo(EventsAtLeast);
            history.LiveThroughRareDays();
            var missing = EventTypes.Except(Events(journal).Select(entry => entry.Type)).ToList();
            if (missing.Count == 0)
            {
                Directory.CreateDirectory(folder);
                File.WriteAllLines(Path.Combine(folder, EventsFile), Events(journal).Select(Line));
                File.WriteAllLines(Path.Combine(folder, StatesFile), History.StreamsIn(journal).Order(StringComparer.Ordinal).Select(stream => StateLine(journal, stream)));
                Console.WriteLine($"{journal.LastSequence} events of seed {seed} are in {folder}");
                return 0;
            }

            fewest = missing.Count < fewest.Count ? missing : fewest;
        }

        Console.Error.WriteLine(
            $"No history of {SeedsAtMost} has every type of event; the best one lacks {string.Join(", ", fewest)}: let the people or agents of History bring them about.");
        return 1;
    }

    /// <summary>The stored events in a journal, as if they had just been appended.</summary>
    public static IReadOnlyList<JournalEntry> ReadEvents(string folder) => [.. File.ReadLines(Path.Combine(folder, EventsFile)).Select(line =>
    {
        using var json = JsonDocument.Parse(line);
        var entry = json.RootElement;
        return new JournalEntry(
            entry.GetProperty("sequence").GetInt64(), entry.GetProperty("stream").GetString()!, entry.GetProperty("at").GetDateTimeOffset(),
            entry.GetProperty("type").GetString()!, entry.GetProperty("data").GetRawText());
    })];

    /// <summary>Stream to the state that it came to, as JSON.</summary>
    public static IReadOnlyDictionary<string, string> ReadStates(string folder) => File.ReadLines(Path.Combine(folder, StatesFile)).Select(line =>
    {
        using var json = JsonDocument.Parse(line);
        return KeyValuePair.Create(json.RootElement.GetProperty("stream").GetString()!, json.RootElement.GetProperty("state").GetRawText());
    }).ToDictionary(StringComparer.Ordinal);

    private static IEnumerable<JournalEntry> Events(IJournal journal) =>
        History.StreamsIn(journal).SelectMany(journal.Read).OrderBy(entry => entry.Sequence);

    private static string Line(JournalEntry entry) => Written(json =>
    {
        json.WriteNumber("sequence", entry.Sequence);
        json.WriteString("stream", entry.Stream);
        json.WriteString("at", entry.At);
        json.WriteString("type", entry.Type);
        json.WritePropertyName("data");
        json.WriteRawValue(entry.Data);
    });

    private static string StateLine(IJournal journal, string stream) => Written(json =>
    {
        var state = new Loop(journal, new HistoryAgents(new Random(1)), Rules.OfFlow).Read(StreamId.Parse(stream))!;
        json.WriteString("stream", stream);
        json.WritePropertyName("state");
        JsonSerializer.Serialize(json, state, state.GetType(), CoreJson.Options);
    });

    private static string Written(Action<Utf8JsonWriter> write)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(memory.ToArray());
    }
}
