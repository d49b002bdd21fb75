namespace Towpath.Engine.Journal;

/// <summary>What every journal demands of its writer, wherever it keeps the events.</summary>
internal static class JournalRules
{
    /// <exception cref="ArgumentException">A number or an update is out of place: a bug of the writer.</exception>
    public static void Check(
        IReadOnlyList<JournalEntry> entries,
        IReadOnlyList<StreamUpdate> updates,
        long lastSequence,
        Func<string, bool> isKnown)
    {
        for (var i = 0; i < entries.Count; i++)
        {
            var expected = lastSequence + 1 + i;
            var entry = entries[i];
            if (entry.Sequence != expected)
                throw new ArgumentException($"Event {entry.Sequence} of {entry.Stream} was appended where {expected} comes next.");
        }

        foreach (var update in updates)
        {
            if (!isKnown(update.Stream) && !entries.Any(entry => entry.Stream == update.Stream))
                throw new ArgumentException($"The stream {update.Stream} has a summary but no event.");
        }
    }

    /// <summary>What a stream is listed under: <c>shop/runs/7</c> under <c>shop/runs/</c>, <c>shop</c> under the empty prefix.</summary>
    public static string ParentOf(string stream) => stream[..(stream.LastIndexOf('/') + 1)];
}
