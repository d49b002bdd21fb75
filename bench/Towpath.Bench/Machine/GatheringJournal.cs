using Towpath.Engine.Journal;

namespace Towpath.Bench.Machine;

/// <summary>
/// Takes what it is given at once and hands it on by the thousand: a journal of a million events would else cost tens of
/// thousands of fsyncs to make.
/// </summary>
internal sealed class GatheringJournal(IJournal journal) : IJournal
{
    private const int Gathered = 10_000;
    private readonly List<JournalEntry> entries = new(Gathered);
    private readonly Dictionary<string, List<JournalEntry>> ofStream = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StreamUpdate> updates = new(StringComparer.Ordinal);

    public long LastSequence => journal.LastSequence + entries.Count;

    public void Append(IReadOnlyList<JournalEntry> more, IReadOnlyList<StreamUpdate> newer)
    {
        entries.AddRange(more);
        foreach (var entry in more)
        {
            if (!ofStream.TryGetValue(entry.Stream, out var known))
                ofStream[entry.Stream] = known = [];
            known.Add(entry);
        }

        foreach (var update in newer)
            updates[update.Stream] = update;
        if (entries.Count >= Gathered)
            HandOn();
    }

    public void HandOn()
    {
        journal.Append(entries, [.. updates.Values]);
        entries.Clear();
        ofStream.Clear();
        updates.Clear();
    }

    public IReadOnlyList<JournalEntry> Read(string stream) => [.. journal.Read(stream), .. ofStream.GetValueOrDefault(stream) ?? []];

    public IReadOnlyList<string> ActiveStreams() => Whole().ActiveStreams();

    public StreamSummary? Find(string stream) => Whole().Find(stream);

    public IReadOnlyList<StreamSummary> List(string prefix, int limit, string? before = null) => Whole().List(prefix, limit, before);

    private IJournal Whole()
    {
        HandOn();
        return journal;
    }
}
