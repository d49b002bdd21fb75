using Microsoft.Extensions.Logging.Abstractions;
using Towpath.Core;
using Towpath.Core.Environments;
using Towpath.Engine;
using Towpath.Engine.Journal;

namespace Towpath.Tests.Engine;

/// <summary>When snapshots are kept, and that nothing waits for them.</summary>
public sealed class SnapshotsTests
{
    private static readonly StreamId Staging = StreamId.OfEnvironment("shop", "staging");

    [Fact]
    public async Task A_stream_that_grows_is_kept_while_the_loop_runs()
    {
        var journal = new SlowSnapshots();
        journal.Let.SetResult();
        await using var plane = Start(journal);
        await HoldAsync(plane, Snapshots.GrowthAtMost - 1);
        Assert.Equal(0, journal.Kept);
        await HoldAsync(plane, 1);
        await journal.First.Task;
        Assert.Equal(journal.LastSequence, journal.FindSnapshot(Staging.Text)!.Sequence);
    }

    [Fact]
    public async Task Nothing_waits_while_a_snapshot_is_stored()
    {
        var journal = new SlowSnapshots();
        await using var plane = Start(journal);
        await HoldAsync(plane, Snapshots.GrowthAtMost);
        await journal.Begun.Task;
        await HoldAsync(plane, 10);
        Assert.Equal(0, journal.Kept);
        journal.Let.SetResult();
        await journal.First.Task;
        Assert.Equal(Snapshots.GrowthAtMost, journal.FindSnapshot(Staging.Text)!.Sequence);
    }

    [Theory]
    [InlineData(Snapshots.GrowthAtStop, true)]
    [InlineData(Snapshots.GrowthAtStop - 1, false)]
    public async Task At_a_clean_stop_all_that_grew_is_kept(int changes, bool isKept)
    {
        var journal = new MemoryJournal();
        await using (var plane = Start(journal))
            await HoldAsync(plane, changes);
        Assert.Equal(isKept, journal.FindSnapshot(Staging.Text) is not null);
    }

    [Fact]
    public async Task What_took_long_to_read_at_the_start_is_kept_at_once()
    {
        var journal = new SlowSnapshots();
        journal.Let.SetResult();
        journal.IsFull = true;
        await using (var plane = Start(journal))
            await HoldAsync(plane, Snapshots.GrowthAtMost + 1);
        Assert.Equal(0, journal.Kept);
        journal.IsFull = false;
        await using var next = Start(journal);
        await journal.First.Task;
        Assert.NotNull(journal.FindSnapshot(Staging.Text));
    }

    [Fact]
    public async Task A_disk_that_takes_no_snapshot_hinders_nobody()
    {
        var journal = new SlowSnapshots { IsFull = true };
        journal.Let.SetResult();
        await using var plane = Start(journal);
        await HoldAsync(plane, Snapshots.GrowthAtMost * 3);
        Assert.Equal(Snapshots.GrowthAtMost * 3, journal.LastSequence);
        Assert.Equal("Hold 600", plane.Environment("shop", "staging")!.Hold!.Reason);
    }

    private static ControlPlane Start(IJournal journal)
    {
        var plane = new ControlPlane(journal, new NoAdapters(), TimeProvider.System, NullLoggerFactory.Instance);
        plane.Start(DateTimeOffset.UnixEpoch);
        return plane;
    }

    private static async Task HoldAsync(ControlPlane plane, int times)
    {
        for (var time = 0; time < times; time++)
            Assert.Null(await plane.Loop.AskAsync(Staging, new HoldEnvironment("ada", $"Hold {plane.Journal.LastSequence + 1}")));
    }

    private sealed class NoAdapters : IAdapters
    {
        public void Begin(Command command)
        {
        }

        public void Cancel(string commandId)
        {
        }
    }

    /// <summary>Stores a snapshot only when it is let, or never.</summary>
    private sealed class SlowSnapshots : IJournal
    {
        private readonly MemoryJournal journal = new();
        private int kept;

        public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Let { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource First { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsFull { get; set; }

        public int Kept => Volatile.Read(ref kept);

        public long LastSequence => journal.LastSequence;

        public void Append(IReadOnlyList<JournalEntry> entries, IReadOnlyList<StreamUpdate> updates) => journal.Append(entries, updates);

        public IReadOnlyList<JournalEntry> Read(string stream) => journal.Read(stream);

        public Snapshot? FindSnapshot(string stream) => journal.FindSnapshot(stream);

        public void Keep(Snapshot snapshot)
        {
            Begun.TrySetResult();
            Let.Task.Wait();
            if (IsFull)
                throw new JournalException("The disk is full.");
            journal.Keep(snapshot);
            Interlocked.Increment(ref kept);
            First.TrySetResult();
        }

        public IReadOnlyList<string> ActiveStreams() => journal.ActiveStreams();

        public StreamSummary? Find(string stream) => journal.Find(stream);

        public IReadOnlyList<StreamSummary> List(string prefix, int limit, string? before = null) => journal.List(prefix, limit, before);
    }
}
