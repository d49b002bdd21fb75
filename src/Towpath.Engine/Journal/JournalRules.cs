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
            if (entries[i].Sequence != lastSequence + 1 + i)
                throw new ArgumentException($"Event {entries[i].Sequence} of {entries[i].Stream} was appended where {lastSequence + 1 + i} comes next.");
        }

        foreach (var update in updates)
        {
            if (!isKnown(update.Stream) && !entries.Any(entry => entry.Stream == update.Stream))
                throw new ArgumentException($"The stream {update.Stream} has a summary but no event.");
        }
    }

    /// <summary>The prefix that a stream is listed under: <c>shop/runs/7</c> under <c>shop/runs/</c>, <c>shop</c> under the empty one.</summary>
    public static string ParentOf(string stream) => stream[..(stream.LastIndexOf('/') + 1)];
}
