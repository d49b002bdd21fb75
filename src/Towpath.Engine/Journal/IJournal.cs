namespace Towpath.Engine.Journal;

/// <summary>The one history of everything that happened: streams of events, numbered across all streams.</summary>
/// <remarks>
/// One writer calls <see cref="Append"/>; everything else may be called from any thread at any time and never blocks the writer.
/// Everything that is answered is in memory already: nothing stays open while the caller goes through it.
/// </remarks>
public interface IJournal
{
    /// <summary>The number of the newest event; 0 when there is none.</summary>
    long LastSequence { get; }

    /// <summary>Stores events and the rows that lists show of their streams, together or not at all, durable when it returns.</summary>
    /// <param name="entries">Numbered from <see cref="LastSequence"/> + 1 without a gap.</param>
    /// <param name="updates">Only of streams with at least one event, these included; the last one of a stream counts.</param>
    /// <exception cref="JournalException">Nothing was stored. The message says why, for people.</exception>
    /// <exception cref="ArgumentException">A number or an update is out of place.</exception>
    void Append(IReadOnlyList<JournalEntry> entries, IReadOnlyList<StreamUpdate> updates);

    /// <summary>A stream's events in order; none when there is no such stream.</summary>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    IReadOnlyList<JournalEntry> Read(string stream);

    /// <summary>Some of a stream's events in order: those after a number, at most so many.</summary>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    IReadOnlyList<JournalEntry> Read(string stream, long after, int limit) =>
        [.. Read(stream).SkipWhile(entry => entry.Sequence <= after).Take(limit)];

    /// <summary>Events of all streams, newest first: of those with the <paramref name="span"/> numbers before one, what has one of the types.</summary>
    /// <remarks>So a page of what is rare costs a bounded part of the journal, however long that is.</remarks>
    /// <param name="project">Only its own stream and those below it; null: all.</param>
    /// <returns>None also when this journal cannot be read backwards.</returns>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    IReadOnlyList<JournalEntry> ReadBack(long before, int span, IReadOnlyCollection<string> types, string? project = null) => [];

    /// <summary>The newest snapshot of a stream; null when there is none, it is damaged, or this journal keeps none.</summary>
    Snapshot? FindSnapshot(string stream) => null;

    /// <summary>
    /// Stores a snapshot in place of the stream's older one, whole or not at all. Nobody waits for the disk: after a loss of
    /// power an older one may be there, or none.
    /// </summary>
    /// <exception cref="JournalException">It was not stored.</exception>
    void Keep(Snapshot snapshot)
    {
    }

    /// <summary>The streams whose newest <see cref="StreamUpdate"/> says active, oldest first.</summary>
    IReadOnlyList<string> ActiveStreams();

    /// <summary>The row of one stream; null when there is none.</summary>
    StreamSummary? Find(string stream);

    /// <summary>
    /// The rows of the streams directly below a prefix, newest first by their first event: <c>""</c> gives the projects,
    /// <c>shop/runs/</c> the runs of a project, <c>shop/environments/</c> its environments.
    /// </summary>
    /// <param name="prefix">Empty, or ending in <c>/</c>.</param>
    /// <param name="before">The last stream of the page before this one; null for the first page.</param>
    IReadOnlyList<StreamSummary> List(string prefix, int limit, string? before = null);
}
