using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Towpath.Engine.Journal;

/// <summary>One read-only connection with its prepared statements; used by one thread at a time.</summary>
internal sealed class JournalReader : IDisposable
{
    private readonly SqliteConnection connection;
    private readonly string path;
    private readonly SqliteCommand read;
    private readonly SqliteCommand active;
    private readonly SqliteCommand find;
    private readonly SqliteCommand list;

    public JournalReader(string path)
    {
        this.path = path;
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
            WHERE s.name = $stream ORDER BY e.sequence
            """,
            "$stream");
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
    }

    /// <exception cref="JournalException">An entry is damaged.</exception>
    public IReadOnlyList<JournalEntry> Read(string stream)
    {
        read.Parameters[0].Value = stream;
        return Rows(read, row =>
        {
            var sequence = row.GetInt64(0);
            var data = row.GetString(3);
            var type = row.GetString(2);
            if (Damage(data) is { } damage)
                throw new JournalException($"Event {sequence} ({type} of {stream}) in {path} is damaged: {damage}; restore a backup.");
            return new JournalEntry(sequence, stream, DateTimeOffset.UnixEpoch.AddTicks(row.GetInt64(1)), type, data);
        });
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
    public void CopyTo(string file)
    {
        using var copy = Statement("VACUUM INTO $file", "$file");
        copy.Parameters[0].Value = file;
        copy.CommandTimeout = 0;
        copy.ExecuteNonQuery();
    }

    public void Dispose()
    {
        read.Dispose();
        active.Dispose();
        find.Dispose();
        list.Dispose();
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

    private static string? Damage(string data)
    {
        try
        {
            var json = new Utf8JsonReader(Encoding.UTF8.GetBytes(data));
            while (json.Read())
            {
            }

            return null;
        }
        catch (JsonException e)
        {
            return $"not JSON at byte {e.BytePositionInLine}";
        }
    }

    private SqliteCommand Statement(string sql, params string[] parameters) => SqliteJournal.Statement(connection, sql, parameters);
}
