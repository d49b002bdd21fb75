using Microsoft.Data.Sqlite;
using Towpath.Core;
using Towpath.Engine;
using Towpath.Engine.Journal;

namespace Towpath.Tests.Engine.Journal;

public sealed class SqliteJournalTests : JournalTests
{
    private SqliteJournal journal;

    public SqliteJournalTests() => journal = SqliteJournal.Open(Temp.Path);

    private protected override IJournal Journal => journal;

    public override void Dispose()
    {
        journal.Dispose();
        base.Dispose();
    }

    [Fact]
    public void Everything_is_there_after_a_restart()
    {
        journal.Append([Event(1, "shop"), Event(2, "shop/runs/1")], [new("shop", true, "{}")]);
        Reopen();
        Assert.Equal(2, journal.LastSequence);
        Assert.Equal(["shop"], journal.ActiveStreams());
        journal.Append([Event(3, "shop")], []);
        Assert.Equal([1, 3], journal.Read("shop").Select(entry => entry.Sequence));
    }

    [Fact]
    public void What_was_appended_is_there_after_a_kill_and_what_was_not_is_not()
    {
        journal.Append([Event(1, "shop")], [new("shop", true, "{}")]);

        // A copy of the files is what a kill leaves; the log is torn in the middle of the second append.
        journal.Append([Event(2, "shop"), Event(3, "shop")], []);
        var copy = Temp.At("copy", "journal.db");
        File.Copy(Temp.At("journal.db"), copy);
        var wal = File.ReadAllBytes(Temp.At("journal.db-wal"));
        File.WriteAllBytes(copy + "-wal", wal[..^100]);
        using (var torn = SqliteJournal.Open(Temp.At("copy")))
        {
            Assert.Equal(1, torn.LastSequence);
            Assert.Single(torn.Read("shop"));
        }

        File.Delete(copy);
        File.Copy(Temp.At("journal.db"), copy);
        File.WriteAllBytes(copy + "-wal", wal);
        using var whole = SqliteJournal.Open(Temp.At("copy"));
        Assert.Equal(3, whole.LastSequence);
    }

    [Fact]
    public void A_second_server_is_refused_while_the_first_has_the_folder()
    {
        var error = Assert.Throws<JournalException>(() => SqliteJournal.Open(Temp.Path));
        Assert.Contains($"in use by another server (process {Environment.ProcessId})", error.Message, StringComparison.Ordinal);
        Reopen();
        Assert.Equal(0, journal.LastSequence);
    }

    [Fact]
    public void A_journal_of_a_newer_version_is_refused()
    {
        journal.Dispose();
        Change("UPDATE schema SET version = 99");
        var error = Assert.Throws<JournalException>(() => SqliteJournal.Open(Temp.Path));
        Assert.Contains("was written by a newer Towpath (its version is 99", error.Message, StringComparison.Ordinal);
        Change($"UPDATE schema SET version = {JournalSchema.Current}");
        journal = SqliteJournal.Open(Temp.Path);
    }

    [Fact]
    public void A_full_disk_stores_nothing_and_work_goes_on_when_there_is_room()
    {
        journal.Append([Event(1, "shop")], [new("shop", true, "before")]);
        journal.LimitSize(200_000);
        var large = new string('x', 1000);
        var many = Enumerable.Range(2, 1000).Select(i => Event(i, i % 2 == 0 ? "shop" : "blog") with { Data = $"\"{large}\"" }).ToList();

        var error = Assert.Throws<JournalException>(() => journal.Append(many, [new("shop", false, "after")]));
        Assert.StartsWith("The disk is full", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, journal.LastSequence);
        Assert.Single(journal.Read("shop"));
        Assert.Empty(journal.Read("blog"));
        Assert.Equal("before", journal.Find("shop")!.Summary);
        journal.Append([Event(2, "shop")], []);

        journal.LimitSize(20_000_000);
        journal.Append([.. many.Select(entry => entry with { Sequence = entry.Sequence + 1 })], [new("shop", false, "after")]);
        Reopen();
        Assert.Equal(1002, journal.LastSequence);
        Assert.Equal("after", journal.Find("shop")!.Summary);
    }

    [Fact]
    public void An_append_that_breaks_in_the_middle_leaves_nothing()
    {
        journal.Append([Event(1, "shop")], []);
        Assert.ThrowsAny<Exception>(() => journal.Append([Event(2, "shop"), Event(3, "blog") with { Data = null! }], []));
        Assert.Equal(1, journal.LastSequence);
        Assert.Single(journal.Read("shop"));
        journal.Append([Event(2, "blog")], []);
        Reopen();
        Assert.Equal([2L], journal.Read("blog").Select(entry => entry.Sequence));
        Assert.Single(journal.Read("shop"));
    }

    [Fact]
    public void Damage_names_the_event()
    {
        string[] streams = ["shop", "shop", "blog"];
        journal.Append(
            [.. streams.Select((stream, i) => new JournalEntry(i + 1, stream, Noon, "push-settled.v1", """{"type":"push-settled.v1","id":"x"}"""))], []);
        journal.Dispose();
        Change("""UPDATE events SET data = '{"type":"push-settled.v1","i' WHERE sequence = 2""");
        journal = SqliteJournal.Open(Temp.Path);
        var replay = new Replay(journal, Rules.OfFlow);
        var error = Assert.Throws<JournalException>(() => replay.Of(StreamId.OfProject("shop")));
        Assert.StartsWith("Event 2 (push-settled.v1) of shop cannot be read", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, replay.Of(StreamId.OfProject("blog")).Events);
    }

    [Fact]
    public void The_newest_snapshot_of_a_stream_is_there_after_a_restart()
    {
        journal.Append([Event(1, "shop"), Event(2, "blog"), Event(3, "shop")], []);
        journal.Keep(new("shop", 1, "x", """{"a":1}"""));
        journal.Keep(new("shop", 3, "y", """{"a":2}"""));
        journal.Keep(new("nothing", 3, "y", "{}"));
        Reopen();
        Assert.Equal(new("shop", 3, "y", """{"a":2}"""), journal.FindSnapshot("shop"));
        Assert.Null(journal.FindSnapshot("blog"));
        Assert.Null(journal.FindSnapshot("nothing"));
        Assert.Equal([3], journal.Read("shop", 1, 10).Select(entry => entry.Sequence));
        Assert.Equal([1], journal.Read("shop", 0, 1).Select(entry => entry.Sequence));
    }

    [Theory]
    [InlineData("state = replace(state, '1', '2')")]
    [InlineData("sequence = sequence + 1")]
    [InlineData("version = 'y'")]
    [InlineData("stream = 2")]
    [InlineData("checksum = x'00'")]
    public void A_damaged_snapshot_is_none(string damage)
    {
        journal.Append([Event(1, "shop"), Event(2, "blog")], []);
        journal.Keep(new("shop", 1, "x", """{"a":1}"""));
        Assert.NotNull(journal.FindSnapshot("shop"));
        journal.Dispose();
        Change($"UPDATE snapshots SET {damage}");
        journal = SqliteJournal.Open(Temp.Path);
        Assert.Null(journal.FindSnapshot("shop"));
        Assert.Null(journal.FindSnapshot("blog"));
    }

    [Fact]
    public void A_snapshot_that_has_no_room_is_refused_and_appends_go_on()
    {
        journal.Append([Event(1, "shop")], []);
        journal.LimitSize(200_000);
        var error = Assert.Throws<JournalException>(() => journal.Keep(new("shop", 1, "x", new string('x', 1_000_000))));
        Assert.StartsWith("The disk is full", error.Message, StringComparison.Ordinal);
        Assert.Null(journal.FindSnapshot("shop"));
        journal.Append([Event(2, "shop")], []);
        Reopen();
        Assert.Equal(2, journal.LastSequence);
    }

    [Fact]
    public void A_file_that_is_no_journal_is_refused()
    {
        journal.Dispose();
        File.WriteAllText(Temp.At("journal.db"), new string('x', 10_000));
        var error = Assert.Throws<JournalException>(() => SqliteJournal.Open(Temp.Path));
        Assert.Contains("is damaged", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Readers_and_the_writer_do_not_wait_for_each_other()
    {
        journal.Append([Event(1, "shop")], [new("shop", true, "1")]);
        using var stranger = new SqliteConnection($"Data Source={Temp.At("journal.db")};Mode=ReadOnly;Pooling=False");
        stranger.Open();
        using var open = stranger.BeginTransaction(deferred: true);
        using var command = stranger.CreateCommand();
        command.Transaction = open;
        command.CommandText = "SELECT count(*) FROM events";
        Assert.Equal(1L, command.ExecuteScalar());

        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                // The row and the events were written together, so that they are seen together.
                var row = int.Parse(journal.Find("shop")!.Summary, null);
                Assert.InRange(journal.Read("shop").Count, row, int.MaxValue);
            }
        })).ToArray();
        for (var i = 2; i <= 300; i++)
            journal.Append([Event(i, "shop")], [new("shop", true, $"{i}")]);
        await done.CancelAsync();
        await Task.WhenAll(readers);
        Assert.Equal(1L, command.ExecuteScalar());
        Assert.Equal(300, journal.Read("shop").Count);
    }

    [Fact]
    public void A_lock_that_a_stranger_keeps_is_named_and_nothing_is_stored()
    {
        using (var stranger = new SqliteConnection($"Data Source={Temp.At("journal.db")};Pooling=False"))
        {
            stranger.Open();
            using var open = stranger.BeginTransaction(deferred: false);
            var error = Assert.Throws<JournalException>(() => journal.Append([Event(1, "shop")], []));
            Assert.Contains("locked by another program", error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(0, journal.LastSequence);
        journal.Append([Event(1, "shop")], []);
        Assert.Single(journal.Read("shop"));
    }

    private void Reopen()
    {
        journal.Dispose();
        journal = SqliteJournal.Open(Temp.Path);
    }

    private void Change(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Temp.At("journal.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        Assert.Equal(1, command.ExecuteNonQuery());
    }
}
