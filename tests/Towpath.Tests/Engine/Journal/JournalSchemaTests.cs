using Microsoft.Data.Sqlite;
using SQLitePCL;
using Towpath.Engine.Journal;

namespace Towpath.Tests.Engine.Journal;

/// <summary>A journal that version 1 of the tables wrote becomes today's, or stays what it was.</summary>
public sealed class JournalSchemaTests : IDisposable
{
    private static readonly string Stored = Repository.At("tests/Towpath.Tests/Golden/journals/schema-1.db");
    private readonly TestFolder temp = new();

    public void Dispose() => temp.Dispose();

    [Fact]
    public void A_journal_of_version_1_is_brought_to_todays_tables_with_all_that_is_in_it()
    {
        File.Copy(Stored, temp.At("old", "journal.db"));
        Assert.Equal(1L, Ask(temp.At("old", "journal.db"), "SELECT version FROM schema"));
        var events = Ask(Stored, Contents);
        using (var journal = SqliteJournal.Open(temp.At("old")))
        {
            Assert.Equal(144, journal.LastSequence);
            Assert.Equal(["shop", "library"], journal.List("", 10).Select(row => row.Stream).OrderDescending());
            Assert.Null(journal.FindSnapshot("shop"));
            journal.Keep(new Snapshot("shop", 144, "x", "{}"));
            Assert.Equal(new Snapshot("shop", 144, "x", "{}"), journal.FindSnapshot("shop"));
        }

        Assert.Equal((long)JournalSchema.Current, Ask(temp.At("old", "journal.db"), "SELECT version FROM schema"));
        Assert.Equal(events, Ask(temp.At("old", "journal.db"), Contents));
    }

    [Fact]
    public void A_migration_that_is_killed_at_any_instruction_leaves_the_old_tables_or_the_new_ones()
    {
        var (source, left) = (temp.At("source", "journal.db"), new List<string>());
        File.Copy(Stored, source);
        using (var connection = Open(source, "ReadWrite"))
        {
            Run(connection, "PRAGMA journal_mode = WAL");
            // The process dies here: what it leaves is what its files are now.
            raw.sqlite3_progress_handler(connection.Handle, 1, _ => Leave(), null);
            JournalSchema.Update(connection);
            raw.sqlite3_progress_handler(connection.Handle, 0, (delegate_progress?)null, null);
            Leave();
        }

        Assert.True(left.Count > 50, $"{left.Count} instructions");
        var versions = left.Select(WhatIsLeft).ToList();
        Assert.Equal([1L, 2L], versions.Distinct().Order());
        // Once it is new it stays new.
        Assert.Equal(versions.Order(), versions);

        int Leave()
        {
            left.Add(CopyOf(source, temp.At($"left-{left.Count}", "journal.db")));
            return 0;
        }
    }

    [Fact]
    public void A_migration_whose_last_write_is_torn_anywhere_leaves_the_old_tables_or_the_new_ones()
    {
        var source = temp.At("source", "journal.db");
        File.Copy(Stored, source);
        string whole;
        using (var connection = Open(source, "ReadWrite"))
        {
            Run(connection, "PRAGMA journal_mode = WAL");
            JournalSchema.Update(connection);
            whole = CopyOf(source, temp.At("whole", "journal.db"));
        }

        var log = File.ReadAllBytes(whole + "-wal");
        var versions = new List<long>();
        for (var length = 0; length <= log.Length; length += 512)
        {
            var torn = CopyOf(whole, temp.At($"torn-{length}", "journal.db"));
            File.WriteAllBytes(torn + "-wal", log[..Math.Min(length, log.Length)]);
            versions.Add(WhatIsLeft(torn));
        }

        Assert.Equal([1L, 2L], versions.Append(WhatIsLeft(whole)).Distinct().Order());
    }

    [Fact]
    public void Half_a_migration_is_found()
    {
        var half = temp.At("half", "journal.db");
        File.Copy(Stored, half);
        using (var connection = Open(half, "ReadWrite"))
            Run(connection, "UPDATE schema SET version = 2");
        Assert.ThrowsAny<Exception>(() => WhatIsLeft(half));
    }

    private const string Contents =
        "SELECT group_concat(sequence || stream || at || type || data) || (SELECT group_concat(id || name || parent || active || summary) FROM streams) FROM events";

    /// <returns>The version that the tables are of, after looking that they are; then the journal is opened, and everything is there.</returns>
    private static long WhatIsLeft(string path)
    {
        var version = (long)Ask(path, "SELECT version FROM schema")!;
        Assert.Equal(version >= 2 ? 1L : 0L, Ask(path, "SELECT count(*) FROM sqlite_master WHERE name = 'snapshots'"));
        Assert.Equal(Ask(Stored, Contents), Ask(path, Contents));
        using var journal = SqliteJournal.Open(Path.GetDirectoryName(path)!);
        journal.Append([new JournalEntry(145, "shop", DateTimeOffset.UnixEpoch, "thing.v1", "{}")], []);
        journal.Keep(new Snapshot("shop", 145, "x", "{}"));
        Assert.NotNull(journal.FindSnapshot("shop"));
        return version;
    }

    private static string CopyOf(string source, string target)
    {
        File.Copy(source, target);
        if (File.Exists(source + "-wal"))
            File.Copy(source + "-wal", target + "-wal");
        return target;
    }

    private static SqliteConnection Open(string path, string mode)
    {
        var connection = new SqliteConnection($"Data Source={path};Mode={mode};Pooling=False");
        connection.Open();
        return connection;
    }

    private static object? Ask(string path, string sql)
    {
        using var connection = Open(path, path == Stored ? "ReadOnly" : "ReadWrite");
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
