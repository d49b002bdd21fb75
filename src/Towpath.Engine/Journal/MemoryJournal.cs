namespace Towpath.Engine.Journal;

/// <summary>A journal that ends with the process: for <c>towpath run</c> and the simulator.</summary>
public sealed class MemoryJournal : IJournal
{
    private readonly System.Threading.Lock gate = new();
    private readonly Dictionary<string, StreamRow> rows = new(StringComparer.Ordinal);
    private long lastSequence;

    public long LastSequence => Interlocked.Read(ref lastSequence);

    public void Append(IReadOnlyList<JournalEntry> entries, IReadOnlyList<StreamUpdate> updates)
    {
        lock (gate)
        {
            JournalRules.Check(entries, updates, lastSequence, rows.ContainsKey);
            foreach (var entry in entries)
            {
                if (!rows.TryGetValue(entry.Stream, out var row))
                    rows.Add(entry.Stream, row = new StreamRow(entry.Sequence));
                row.Entries.Add(entry with { At = entry.At.ToUniversalTime() });
            }

            foreach (var update in updates)
                rows[update.Stream].Summary = new(update.Stream, update.Active, update.Summary);
            Interlocked.Exchange(ref lastSequence, lastSequence + entries.Count);
        }
    }

    public IReadOnlyList<JournalEntry> Read(string stream)
    {
        lock (gate)
            return rows.TryGetValue(stream, out var row) ? [.. row.Entries] : [];
    }

    public IReadOnlyList<JournalEntry> Read(string stream, long after, int limit)
    {
        lock (gate)
            return rows.TryGetValue(stream, out var row) ? [.. row.Entries.SkipWhile(entry => entry.Sequence <= after).Take(limit)] : [];
    }

    public IReadOnlyList<JournalEntry> ReadBack(long before, int span, IReadOnlyCollection<string> types, string? project = null)
    {
        lock (gate)
        {
            return
            [
                .. rows.Where(row => project is null || row.Key == project || row.Key.StartsWith(project + "/", StringComparison.Ordinal))
                    .SelectMany(row => row.Value.Entries)
                    .Where(entry => entry.Sequence < before && entry.Sequence >= before - span && types.Contains(entry.Type))
                    .OrderByDescending(entry => entry.Sequence),
            ];
        }
    }

    public Snapshot? FindSnapshot(string stream)
    {
        lock (gate)
            return rows.GetValueOrDefault(stream)?.Snapshot;
    }

    public void Keep(Snapshot snapshot)
    {
        lock (gate)
        {
            if (rows.TryGetValue(snapshot.Stream, out var row))
                row.Snapshot = snapshot;
        }
    }

    public IReadOnlyList<string> ActiveStreams()
    {
        lock (gate)
        {
            var active = rows.Values.Where(row => row.Summary is { Active: true });
            return [.. active.OrderBy(row => row.First).Select(row => row.Summary!.Stream)];
        }
    }

    public StreamSummary? Find(string stream)
    {
        lock (gate)
            return rows.GetValueOrDefault(stream)?.Summary;
    }

    public IReadOnlyList<StreamSummary> List(string prefix, int limit, string? before = null)
    {
        lock (gate)
        {
            var end = before is not null && rows.TryGetValue(before, out var last) ? last.First : long.MaxValue;
            return
            [
                .. rows.Values
                    .Where(row => row.Summary is not null && row.First < end && JournalRules.ParentOf(row.Summary.Stream) == prefix)
                    .OrderByDescending(row => row.First)
                    .Select(row => row.Summary!)
                    .Take(limit),
            ];
        }
    }

    private sealed class StreamRow(long first)
    {
        public long First { get; } = first;

        public List<JournalEntry> Entries { get; } = [];

        public StreamSummary? Summary { get; set; }

        public Snapshot? Snapshot { get; set; }
    }
}
