using System.Text.Json;
using System.Text.Json.Nodes;
using Towpath.Core;
using Towpath.Engine;
using Towpath.Engine.Journal;
using Towpath.Simulation.Histories;

namespace Towpath.Tests.Engine.Journal;

/// <summary>
/// Journals of every released version, replayed for ever. A version adds its own with
/// <c>dotnet run -c Release --project tests/Towpath.Simulation -- --golden tests/Towpath.Tests/Golden/journals/vX.Y</c>;
/// those of released versions never change.
/// </summary>
public sealed class GoldenJournalTests
{
    private static readonly string Folder = Repository.At("tests/Towpath.Tests/Golden/journals");

    public static TheoryData<string> Versions =>
        [.. Directory.EnumerateDirectories(Folder).Select(folder => Path.GetFileName(folder)).OrderBy(name => Version.Parse(name[1..]))];

    [Theory]
    [MemberData(nameof(Versions))]
    public void Stored_journal_comes_to_the_states_that_it_came_to_then(string version)
    {
        var events = GoldenJournal.ReadEvents(Path.Combine(Folder, version));
        foreach (var (stream, expected) in GoldenJournal.ReadStates(Path.Combine(Folder, version)))
        {
            var found = Difference(JsonNode.Parse(expected), StateOf(stream, events), stream);
            Assert.True(found is null, found);
        }
    }

    [Fact]
    public void Newest_journal_has_every_type_of_event_that_this_version_writes()
    {
        var written = GoldenJournal.ReadEvents(Path.Combine(Folder, Versions.Select(row => row.Data).Last())).Select(entry => entry.Type);
        Assert.Empty(GoldenJournal.EventTypes.Except(written));
    }

    [Fact]
    public void State_that_came_out_otherwise_is_found()
    {
        var events = GoldenJournal.ReadEvents(Path.Combine(Folder, "v0.1"));
        var (stream, expected) = GoldenJournal.ReadStates(Path.Combine(Folder, "v0.1")).First(state => state.Key.EndsWith("/production", StringComparison.Ordinal));
        var last = events.Last(entry => entry.Stream == stream && entry.Type == "went-live.v1").Sequence;
        var without = events.Where(entry => entry.Sequence != last).Select((entry, index) => entry with { Sequence = index + 1 }).ToList();
        Assert.NotNull(Difference(JsonNode.Parse(expected), StateOf(stream, without), stream));
    }

    [Fact]
    public void What_a_later_version_adds_to_a_state_is_no_difference_and_everything_else_is()
    {
        Assert.Null(Difference(JsonNode.Parse("""{"a":[{"b":1}]}"""), JsonNode.Parse("""{"a":[{"b":1,"c":2}],"d":3}"""), ""));
        Assert.Equal("/a/0/b is 2, not 1", Difference(JsonNode.Parse("""{"a":[{"b":1}]}"""), JsonNode.Parse("""{"a":[{"b":2}]}"""), ""));
        Assert.Null(Difference(JsonNode.Parse("[0.1234567890123]"), JsonNode.Parse("[0.1234567890124]"), ""));
        Assert.Equal("/0 is 0.12345679, not 0.12345678", Difference(JsonNode.Parse("[0.12345678]"), JsonNode.Parse("[0.12345679]"), ""));
        Assert.Equal("/a has 2 items, not 1", Difference(JsonNode.Parse("""{"a":[1]}"""), JsonNode.Parse("""{"a":[1,2]}"""), ""));
        Assert.Equal("/a is missing", Difference(JsonNode.Parse("""{"a":{"b":1}}"""), JsonNode.Parse("{}"), ""));
    }

    private static JsonNode? StateOf(string stream, IReadOnlyList<JournalEntry> events)
    {
        var journal = new MemoryJournal();
        journal.Append(events, []);
        var state = new Loop(journal, new NoAdapters(), Rules.OfFlow).Read(StreamId.Parse(stream));
        return state is null ? null : JsonSerializer.SerializeToNode(state, state.GetType(), CoreJson.Options);
    }

    /// <summary>The first thing of the expected state that is not so; null: all of it is.</summary>
    private static string? Difference(JsonNode? expected, JsonNode? actual, string path) => (expected, actual) switch
    {
        (not null, null) => $"{path} is missing",
        (JsonObject one, JsonObject other) =>
            one.Select(pair => Difference(pair.Value, other[pair.Key], $"{path}/{pair.Key}")).FirstOrDefault(found => found is not null),
        (JsonArray one, JsonArray other) when one.Count != other.Count => $"{path} has {other.Count} items, not {one.Count}",
        (JsonArray one, JsonArray other) =>
            one.Select((item, index) => Difference(item, other[index], $"{path}/{index}")).FirstOrDefault(found => found is not null),
        (JsonValue one, JsonValue other) when IsSame(one, other) => null,
        _ => JsonNode.DeepEquals(expected, actual) ? null : $"{path} is {actual?.ToJsonString()}, not {expected?.ToJsonString()}",
    };

    /// <summary>Of what a judge computes, the last digits are the machine's: logarithms differ from one mathematics library to the next.</summary>
    private static bool IsSame(JsonValue one, JsonValue other) =>
        one.GetValueKind() == JsonValueKind.Number && other.GetValueKind() == JsonValueKind.Number
        && one.GetValue<double>() is var expected && other.GetValue<double>() is var actual
        && expected != Math.Floor(expected) && Math.Abs(actual - expected) <= 1e-9 * Math.Abs(expected);

    private sealed class NoAdapters : IAdapters
    {
        public void Begin(Command command) => throw new InvalidOperationException("Reading begins nothing.");

        public void Cancel(string commandId) => throw new InvalidOperationException("Reading ends nothing.");
    }
}
