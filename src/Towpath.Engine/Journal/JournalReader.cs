using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Towpath.Engine.Journal;

/// <summary>One read-only connection with its prepared statements; used by one thread at a time.</summary>
internal sealed class JournalReader : IDisposable
{
    private readonly SqliteConnection connection;
    private readonly SqliteCommand read;
    private readonly SqliteCommand readBack;
    private readonly SqliteCommand active;
    private readonly SqliteCommand find;
    private readonly SqliteCommand list;
    private readonly SqliteCommand snapshot;

    public JournalReader(string path)
    {
        connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadOnly,
            Pooling = false,
            DefaultTimeout = SqliteJournal.LockTimeoutSeconds,
        }.ToString());
        connection.Open();
        read = Statement(
            """
            SELECT e.sequence, e.at, e.type, e.data FROM events e JOIN streams s ON s.id = e.stream
            WHERE s.name = $stream AND e.sequence > $after ORDER BY e.sequence LIMIT $limit
            """,
            "$stream",
            "$after",
            "$limit");
        // By the numbers alone: an index by type would be written with every event, for a page that is seldom read.
        readBack = Statement(
            """
            SELECT e.sequence, s.name, e.at, e.type, e.data FROM events e JOIN streams s ON s.id = e.stream
            WHERE e.sequence < $before AND e.sequence >= $first AND e.type IN (SELECT value FROM json_each($types))
            AND ($project IS NULL OR s.name = $project OR substr(s.name, 1, length($project) + 1) = $project || '/')
            ORDER BY e.sequence DESC
            """,
            "$before",
            "$first",
            "$types",
            "$project");
        active = Statement("SELECT name FROM streams WHERE active = 1 ORDER BY id");
        find = Statement("SELECT name, active, summary FROM streams WHERE name = $stream AND summary IS NOT NULL", "$stream");
        list = Statement(
            """
            SELECT name, active, summary FROM streams
            WHERE parent = $prefix AND summary IS NOT NULL
            AND id < coalesce((SELECT id FROM streams WHERE name = $before), 9223372036854775807)
            ORDER BY id DESC LIMIT $limit
            """,
            "$prefix",
            "$before",
            "$limit");
        snapshot = Statement(
            $"SELECT {SnapshotTable.Columns} FROM snapshots p JOIN streams s ON s.id = p.stream WHERE s.name = $stream", "$stream");
    }

    public IReadOnlyList<JournalEntry> Read(string stream, long after, int limit)
    {
        read.Parameters[0].Value = stream;
        read.Parameters[1].Value = after;
        read.Parameters[2].Value = limit;
        return Rows(read, row => new JournalEntry(
            row.GetInt64(0), stream, DateTimeOffset.UnixEpoch.AddTicks(row.GetInt64(1)), row.GetString(2), row.GetString(3)));
    }

    public IReadOnlyList<JournalEntry> ReadBack(long before, int span, IReadOnlyCollection<string> types, string? project)
    {
        readBack.Parameters[0].Value = before;
        readBack.Parameters[1].Value = before - span;
        readBack.Parameters[2].Value = JsonSerializer.Serialize(types);
        readBack.Parameters[3].Value = (object?)project ?? DBNull.Value;
        return Rows(readBack, row => new JournalEntry(
            row.GetInt64(0), row.GetString(1), DateTimeOffset.UnixEpoch.AddTicks(row.GetInt64(2)), row.GetString(3), row.GetString(4)));
    }

    /// <summary>Null also when it is damaged.</summary>
    public Snapshot? FindSnapshot(string stream)
    {
        snapshot.Parameters[0].Value = stream;
        return Rows(snapshot, row => SnapshotTable.Read(stream, row)) is [var found] ? found : null;
    }

    public IReadOnlyList<string> ActiveStreams() => Rows(active, row => row.GetString(0));

    public StreamSummary? Find(string stream)
    {
        find.Parameters[0].Value = stream;
        return Rows(find, Summary) is [var row] ? row : null;
    }

    public IReadOnlyList<StreamSummary> List(string prefix, int limit, string? before)
    {
        list.Parameters[0].Value = prefix;
        list.Parameters[1].Value = (object?)before ?? DBNull.Value;
        list.Parameters[2].Value = limit;
        return Rows(list, Summary);
    }

    /// <summary>In one read transaction, which the writer does not wait for.</summary>
    public int CopyTo(string file)
    {
        using var copy = Statement("VACUUM INTO $file", "$file");
        copy.Parameters[0].Value = file;
        copy.CommandTimeout = 0;
        return copy.ExecuteNonQuery();
    }

    public void Dispose()
    {
        read.Dispose();
        readBack.Dispose();
        active.Dispose();
        find.Dispose();
        list.Dispose();
        snapshot.Dispose();
        connection.Dispose();
    }

    private static StreamSummary Summary(SqliteDataReader row) => new(row.GetString(0), row.GetBoolean(1), row.GetString(2));

    private static List<T> Rows<T>(SqliteCommand command, Func<SqliteDataReader, T> map)
    {
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
            rows.Add(map(reader));
        return rows;
    }

    private SqliteCommand Statement(string sql, params string[] parameters) => SqliteJournal.Statement(connection, sql, parameters);
}
