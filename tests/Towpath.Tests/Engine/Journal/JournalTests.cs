using Towpath.Engine.Journal;

namespace Towpath.Tests.Engine.Journal;

/// <summary>What both journals hold to.</summary>
public abstract class JournalTests : IDisposable
{
    private protected static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.FromHours(2));

    private protected TestFolder Temp { get; } = new();

    private protected abstract IJournal Journal { get; }

    public virtual void Dispose()
    {
        Temp.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void Events_come_back_per_stream_in_order_and_exactly()
    {
        Journal.Append([Event(1, "shop"), Event(2, "shop/runs/1"), Event(3, "shop")], []);
        Journal.Append([Event(4, "shop") with { At = Noon.AddTicks(1), Data = """{"ü":"\u0000"}""" }], []);

        Assert.Equal(4, Journal.LastSequence);
        Assert.Equal([1, 3, 4], Journal.Read("shop").Select(entry => entry.Sequence));
        Assert.Equal(new(4, "shop", Noon.AddTicks(1), "thing.v1", """{"ü":"\u0000"}"""), Journal.Read("shop")[^1]);
        Assert.Equal(TimeSpan.Zero, Journal.Read("shop")[0].At.Offset);
        Assert.Empty(Journal.Read("nothing"));
    }

    [Fact]
    public void Lists_show_what_lies_directly_below_a_prefix_newest_first_page_by_page()
    {
        string[] streams =
            ["shop", "shop/environments/staging", "shop/runs/9", "blog", "shop/runs/10", "shop/runs/11", "shopping/runs/1"];
        Journal.Append(
            [.. streams.Select((stream, i) => Event(i + 1, stream))], [.. streams.Select(stream => new StreamUpdate(stream, true, "{}"))]);
        Journal.Append([Event(8, "shop/runs/9"), Event(9, "shop/runs/12")], [new("shop/runs/9", false, """{"n":9}""")]);

        Assert.Equal(["blog", "shop"], Names(Journal.List("", 10)));
        Assert.Equal(["shop/runs/11", "shop/runs/10", "shop/runs/9"], Names(Journal.List("shop/runs/", 10)));
        Assert.Equal(["shop/runs/11", "shop/runs/10"], Names(Journal.List("shop/runs/", 2)));
        Assert.Equal(["shop/runs/9"], Names(Journal.List("shop/runs/", 2, "shop/runs/10")));
        Assert.Equal(new("shop/runs/9", false, """{"n":9}"""), Journal.Find("shop/runs/9"));
        Assert.Null(Journal.Find("shop/runs/12"));
        Assert.Equal(streams.Where(stream => stream != "shop/runs/9"), Journal.ActiveStreams());
    }

    [Fact]
    public void Rare_events_are_read_back_a_bounded_part_of_the_journal_at_a_time()
    {
        string[] streams = ["shop", "shop/runs/1", "shopping", "shop/runs/1", "blog", "shop", "shop/environments/staging"];
        Journal.Append([.. streams.Select((stream, i) => Event(i + 1, stream) with { Type = i % 2 == 0 ? "rare.v1" : "thing.v1", Data = $$"""{"n":{{i + 1}}}""" })], []);

        Assert.Equal([7, 5, 3, 1], Numbers(Journal.ReadBack(8, 100, ["rare.v1", "other.v1"])));
        Assert.Equal([5], Numbers(Journal.ReadBack(7, 3, ["rare.v1"])));
        Assert.Equal([7, 1], Numbers(Journal.ReadBack(8, 100, ["rare.v1"], "shop")));
        Assert.Empty(Journal.ReadBack(8, 100, ["rare.v1"], "sho_"));
        Assert.Equal(
            ("""{"n":7}""", "shop/environments/staging", Noon.ToUniversalTime()),
            Journal.ReadBack(8, 1, ["rare.v1"]).Select(entry => (entry.Data, entry.Stream, entry.At)).Single());

        static IEnumerable<long> Numbers(IEnumerable<JournalEntry> entries) => entries.Select(entry => entry.Sequence);
    }

    [Fact]
    public void What_is_out_of_place_is_refused_whole()
    {
        Journal.Append([Event(1, "shop")], []);
        Assert.Throws<ArgumentException>(() => Journal.Append([Event(2, "shop"), Event(4, "shop")], []));
        Assert.Throws<ArgumentException>(() => Journal.Append([Event(1, "shop")], []));
        Assert.Throws<ArgumentException>(() => Journal.Append([Event(2, "shop")], [new("blog", true, "{}")]));
        Assert.Equal(1, Journal.LastSequence);
        Assert.Single(Journal.Read("shop"));
        Journal.Append([Event(2, "shop")], [new("shop", true, "{}")]);
        Assert.Equal(2, Journal.Read("shop").Count);
    }

    private protected static JournalEntry Event(long sequence, string stream) => new(sequence, stream, Noon, "thing.v1", """{"a":1}""");

    private static IEnumerable<string> Names(IEnumerable<StreamSummary> rows) => rows.Select(row => row.Stream);
}

public sealed class MemoryJournalTests : JournalTests
{
    private protected override IJournal Journal { get; } = new MemoryJournal();
}
