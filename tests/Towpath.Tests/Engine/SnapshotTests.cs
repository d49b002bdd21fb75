using CsCheck;
using Towpath.Core;
using Towpath.Engine;
using Towpath.Engine.Journal;
using Towpath.Simulation.Histories;

namespace Towpath.Tests.Engine;

/// <summary>Snapshots are a shortcut: whatever they say, what the events say is what counts.</summary>
public sealed class SnapshotTests
{
    private static readonly StreamId Production = StreamId.OfEnvironment("shop", "production");

    [Fact]
    public void A_snapshot_and_the_events_after_it_come_to_what_all_events_come_to() =>
        Gen.Select(Gen.Int[1, 1_000_000], Gen.Double[0, 1]).Sample((seed, share) =>
        {
            var journal = Grown(seed, 1500);
            foreach (var stream in History.StreamsIn(journal).Select(StreamId.Parse))
            {
                var events = journal.Read(stream.Text);
                var at = Math.Min((int)(share * events.Count), events.Count - 1);
                var (state, _) = new Replay(Until(events[at].Sequence, journal), Rules.OfFlow).InFull(stream);
                journal.Keep(SnapshotJson.Write(stream, events[at].Sequence, state!));

                var replay = new Replay(journal, Rules.OfFlow);
                Assert.Equal(events.Count - at - 1, replay.Of(stream).Events);
                Assert.Equal(replay.InFull(stream).State, replay.Of(stream).State);
                Assert.Null(replay.Lie(stream));
            }
        }, iter: 20);

    [Fact]
    public void Other_code_reads_all_events_again()
    {
        var journal = Grown(1, 1000);
        var (state, events) = new Replay(journal, Rules.OfFlow).InFull(Production);
        var mine = SnapshotJson.Write(Production, journal.LastSequence, state!);

        journal.Keep(mine);
        Assert.Equal(new Replayed(state, 0), new Replay(journal, Rules.OfFlow).Of(Production));
        journal.Keep(mine with { Version = mine.Version + "x" });
        Assert.Equal(new Replayed(state, events), new Replay(journal, Rules.OfFlow).Of(Production));
    }

    [Fact]
    public void The_version_names_the_contents_of_the_code_that_makes_states()
    {
        Assert.Contains(typeof(Flow).Module.ModuleVersionId.ToString("N"), EvolveVersion.Current, StringComparison.Ordinal);
        Assert.Contains(typeof(Replay).Module.ModuleVersionId.ToString("N"), EvolveVersion.Current, StringComparison.Ordinal);
        Assert.NotEqual(Guid.Empty, typeof(Flow).Module.ModuleVersionId);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"pipelines":[]}""")]
    [InlineData("""{"pipelines":[],"state":null}""")]
    [InlineData("""{"pipelines":[],"state":7}""")]
    public void A_snapshot_that_cannot_be_read_is_passed_over(string text)
    {
        var journal = Grown(1, 1000);
        var whole = new Replay(journal, Rules.OfFlow).InFull(Production);
        journal.Keep(SnapshotJson.Write(Production, journal.LastSequence, whole.State!) with { State = text });
        Assert.Equal(whole, new Replay(journal, Rules.OfFlow).Of(Production));
    }

    [Fact]
    public void A_snapshot_that_names_a_pipeline_which_it_does_not_have_is_passed_over()
    {
        var journal = Grown(1, 1000);
        var whole = new Replay(journal, Rules.OfFlow).InFull(Production);
        var written = SnapshotJson.Write(Production, journal.LastSequence, whole.State!);
        journal.Keep(written with { State = written.State.Replace("\"pipeline\":0", "\"pipeline\":9999", StringComparison.Ordinal) });
        Assert.Equal(whole, new Replay(journal, Rules.OfFlow).Of(Production));
    }

    [Fact]
    public void A_snapshot_of_events_that_the_journal_does_not_have_is_passed_over()
    {
        var journal = Grown(1, 1000);
        var whole = new Replay(journal, Rules.OfFlow).InFull(Production);
        journal.Keep(SnapshotJson.Write(Production, journal.LastSequence + 1, whole.State!));
        Assert.Equal(whole, new Replay(journal, Rules.OfFlow).Of(Production));
    }

    [Fact]
    public void A_snapshot_that_lies_is_found()
    {
        var journal = Grown(1, 1000);
        var replay = new Replay(journal, Rules.OfFlow);
        var events = journal.Read(Production.Text);
        var (earlier, _) = new Replay(Until(events[^2].Sequence, journal), Rules.OfFlow).InFull(Production);
        journal.Keep(SnapshotJson.Write(Production, events[^1].Sequence, earlier!));
        Assert.Equal("The snapshot of shop/environments/production is not what its events come to.", replay.Lie(Production));
    }

    [Fact]
    public void A_definition_that_is_repeated_is_kept_once()
    {
        var journal = Grown(1, 1000);
        var (state, _) = new Replay(journal, Rules.OfFlow).InFull(StreamId.OfProject("shop"));
        var text = SnapshotJson.Write(StreamId.OfProject("shop"), journal.LastSequence, state!).State;
        Assert.Equal(1, text.Split("npm run lint").Length / 2);
    }

    private static MemoryJournal Grown(int seed, int events)
    {
        var journal = new MemoryJournal();
        new History(journal, seed, projects: 2, busy: 40).GrowTo(events);
        return journal;
    }

    private static MemoryJournal Until(long sequence, MemoryJournal journal)
    {
        var cut = new MemoryJournal();
        cut.Append([.. History.StreamsIn(journal).SelectMany(journal.Read).Where(entry => entry.Sequence <= sequence).OrderBy(entry => entry.Sequence)], []);
        return cut;
    }
}
