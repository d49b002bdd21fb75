using Towpath.Engine.Journal;

namespace Towpath.Simulation.Storage;

/// <summary>
/// What survives a crash. A batch that was acknowledged is there for ever; one that was not is there whole or not at all.
/// Dies before, in and after a write, or refuses it, as often as the seed says.
/// </summary>
/// <param name="tamper">How it is broken on purpose.</param>
internal sealed class SimulatedJournal(Random random, Agenda agenda, Func<Faults> faults, Marks marks, Tamper tamper) : IJournal
{
    private readonly Dictionary<string, Row> rows = new(StringComparer.Ordinal);
    private readonly List<JournalEntry> log = [];
    private readonly List<JournalEntry> torn = [];
    private IReadOnlyList<JournalEntry> unflushed = [];
    private DateTimeOffset fullUntil;

    public long LastSequence => log.Count;

    /// <summary>Where a start need not read from: what an earlier one came to. Otherwise every start reads every event.</summary>
    public bool KeepsSnapshots { get; init; }

    public int Crashes { get; private set; }

    /// <summary>Writes that it did not take.</summary>
    public int Refusals { get; private set; }

    /// <summary>All events, in order.</summary>
    public IReadOnlyList<JournalEntry> Log => log;

    /// <summary>Told of every batch that is on disk, before anything can act upon it.</summary>
    public Action<IReadOnlyList<JournalEntry>>? Stored { get; set; }

    public void Append(IReadOnlyList<JournalEntry> entries, IReadOnlyList<StreamUpdate> updates)
    {
        if (agenda.Now < fullUntil || Strikes(faults().WriteFails))
            Refuse();
        if (Strikes(faults().CrashBeforeAppend))
        {
            marks.Reach(Mark.CrashBeforeAppend);
            Crash();
        }

        if (Strikes(faults().CrashInAppend))
            CrashInside(entries, updates);
        Write(entries, updates);
        if (!Strikes(faults().CrashAfterAppend))
            return;
        marks.Reach(Mark.CrashBetweenAppendAndAct);
        if (tamper.LosesWhatItAcknowledged)
            Forget(entries.Count);
        Crash();
    }

    /// <summary>What the next start finds: without the torn tail.</summary>
    public void Recover()
    {
        unflushed = [];
        if (torn.Count == 0)
            return;
        marks.Reach(Mark.TornTailCut);
        if (tamper.KeepsTornTails)
            Store([.. torn], []);
        torn.Clear();
    }

    public void Crash()
    {
        Crashes++;
        throw new CrashException();
    }

    public IReadOnlyList<JournalEntry> Read(string stream) => rows.TryGetValue(stream, out var row) ? row.Entries : [];

    public IReadOnlyList<JournalEntry> Read(string stream, long after, int limit)
    {
        if (!rows.TryGetValue(stream, out var row))
            return [];
        var first = after == 0 ? 0 : row.Entries.FindLastIndex(entry => entry.Sequence <= after) + 1;
        return row.Entries.GetRange(first, Math.Min(limit, row.Entries.Count - first));
    }

    public Snapshot? FindSnapshot(string stream) => rows.GetValueOrDefault(stream)?.Snapshot;

    public void Keep(Snapshot snapshot)
    {
        if (KeepsSnapshots)
            rows[snapshot.Stream].Snapshot = snapshot;
    }

    public IReadOnlyList<string> ActiveStreams() =>
        [.. rows.Where(row => row.Value.Summary is { Active: true }).OrderBy(row => row.Value.First).Select(row => row.Key)];

    public StreamSummary? Find(string stream) => rows.GetValueOrDefault(stream)?.Summary;

    public IReadOnlyList<StreamSummary> List(string prefix, int limit, string? before = null) => throw new NotSupportedException("The loop lists nothing.");

    private void Refuse()
    {
        if (agenda.Now >= fullUntil)
            fullUntil = agenda.Now + TimeSpan.FromSeconds(random.Next(3) == 0 ? random.Next(600) : 0);
        Refusals++;
        marks.Reach(Mark.WriteRefused);
        throw new JournalException("The disk is full.");
    }

    private void CrashInside(IReadOnlyList<JournalEntry> entries, IReadOnlyList<StreamUpdate> updates)
    {
        if (random.Next(2) == 0)
        {
            marks.Reach(Mark.UnacknowledgedKept);
            Write(entries, updates);
        }
        else
        {
            torn.AddRange(entries.Take(random.Next(1, entries.Count + 1)));
        }

        Crash();
    }

    private void Write(IReadOnlyList<JournalEntry> entries, IReadOnlyList<StreamUpdate> updates)
    {
        if (entries[0].Sequence != LastSequence + 1)
            throw new ArgumentException($"Event {entries[0].Sequence} was appended where {LastSequence + 1} comes next.");
        if (tamper.Swallows is { } swallows)
            entries = [.. entries.Where(entry => !swallows(entry)).Select((entry, index) => entry with { Sequence = LastSequence + 1 + index })];
        Store(entries, updates);
    }

    private void Store(IReadOnlyList<JournalEntry> entries, IReadOnlyList<StreamUpdate> updates)
    {
        foreach (var entry in entries)
        {
            if (!rows.TryGetValue(entry.Stream, out var row))
                rows.Add(entry.Stream, row = new Row(entry.Sequence));
            row.Entries.Add(entry);
            log.Add(entry);
        }

        foreach (var update in updates)
        {
            if (rows.TryGetValue(update.Stream, out var row))
                row.Summary = new StreamSummary(update.Stream, update.Active, update.Summary);
        }

        if (tamper.ActsBeforeItIsStored)
            (unflushed, entries) = (entries, unflushed);
        if (entries.Count > 0)
            Stored?.Invoke(entries);
    }

    private void Forget(int count)
    {
        for (; count > 0 && log.Count > 0; count--)
        {
            var last = log[^1];
            log.RemoveAt(log.Count - 1);
            rows[last.Stream].Entries.RemoveAt(rows[last.Stream].Entries.Count - 1);
        }
    }

    private bool Strikes(double probability) => probability > 0 && random.NextDouble() < probability;

    private sealed class Row(long first)
    {
        public long First { get; } = first;

        public List<JournalEntry> Entries { get; } = [];

        public StreamSummary? Summary { get; set; }

        public Snapshot? Snapshot { get; set; }
    }
}

/// <summary>Ways to break a journal on purpose.</summary>
internal sealed record Tamper
{
    public static Tamper None { get; } = new();

    /// <summary>Entries that never reach the disk.</summary>
    public Func<JournalEntry, bool>? Swallows { get; init; }

    /// <summary>Half a batch counts after a crash.</summary>
    public bool KeepsTornTails { get; init; }

    /// <summary>A crash takes back what was stored.</summary>
    public bool LosesWhatItAcknowledged { get; init; }

    /// <summary>What an agent has begun is not on its disk.</summary>
    public bool AgentForgets { get; init; }

    /// <summary>A batch is acknowledged now and on the disk with the next one.</summary>
    public bool ActsBeforeItIsStored { get; init; }
}
