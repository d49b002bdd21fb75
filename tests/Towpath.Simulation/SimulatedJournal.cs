using Towpath.Engine.Journal;

namespace Towpath.Simulation;

/// <summary>The server is dead: thrown through the loop, which is then thrown away with all that was only in memory.</summary>
internal sealed class CrashException() : Exception("The simulated server crashed.");

/// <summary>What survives a crash. Dies before or after a write, or refuses it, as often as the seed says.</summary>
internal sealed class SimulatedJournal(Random random, Func<Faults> faults) : IJournal
{
    private readonly MemoryJournal disk = new();

    public long LastSequence => disk.LastSequence;

    public int Crashes { get; private set; }

    /// <summary>Told of every batch that is on disk, before anything can act upon it.</summary>
    public Action<IReadOnlyList<JournalEntry>>? Stored { get; set; }

    /// <summary>For a simulator's own mutation: entries that the journal swallows.</summary>
    public Func<JournalEntry, bool> Swallows { get; set; } = _ => false;

    public void Append(IReadOnlyList<JournalEntry> entries, IReadOnlyList<StreamUpdate> updates)
    {
        if (Strikes(faults().AppendFails))
            throw new JournalException("The disk is full.");
        if (Strikes(faults().CrashBeforeAppend))
            Crash();
        var kept = entries.Where(entry => !Swallows(entry)).Select((entry, index) => entry with { Sequence = disk.LastSequence + 1 + index }).ToList();
        disk.Append(kept, [.. updates.Where(update => disk.Find(update.Stream) is not null || kept.Any(entry => entry.Stream == update.Stream))]);
        Stored?.Invoke(kept);
        if (Strikes(faults().CrashAfterAppend))
            Crash();
    }

    public IReadOnlyList<JournalEntry> Read(string stream) => disk.Read(stream);

    public IReadOnlyList<string> ActiveStreams() => disk.ActiveStreams();

    public StreamSummary? Find(string stream) => disk.Find(stream);

    public IReadOnlyList<StreamSummary> List(string prefix, int limit, string? before = null) => disk.List(prefix, limit, before);

    private bool Strikes(double probability) => random.NextDouble() < probability;

    private void Crash()
    {
        Crashes++;
        throw new CrashException();
    }
}
