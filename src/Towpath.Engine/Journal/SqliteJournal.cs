using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Towpath.Engine.Journal;

/// <summary>
/// The journal in one SQLite file: one connection writes, others read beside it (WAL), and an append is one fsync.
/// The folder it lies in belongs to this process while it is open, so that no two servers write one journal.
/// </summary>
public sealed class SqliteJournal : IJournal, IDisposable
{
    /// <summary>How long an append waits for a stranger's lock on the file, a backup's for example, before it is refused.</summary>
    internal const int LockTimeoutSeconds = 2;
    private const int PageSize = 4096;
    private readonly System.Threading.Lock gate = new();
    private readonly ConcurrentBag<JournalReader> idleReaders = [];
    private readonly string path;
    private readonly FolderClaim claim;
    private readonly SqliteConnection connection;
    private readonly SqliteCommand begin;
    private readonly SqliteCommand commit;
    private readonly SqliteCommand rollback;
    private readonly SqliteCommand findStream;
    private readonly SqliteCommand addStream;
    private readonly SqliteCommand addEvent;
    private readonly SqliteCommand updateStream;
    private readonly SnapshotTable snapshots;
    private long lastSequence;
    private JournalException? doubt;
    private bool closed;

    private SqliteJournal(string path, FolderClaim claim, SqliteConnection connection)
    {
        this.path = path;
        this.claim = claim;
        this.connection = connection;
        begin = Statement(connection, "BEGIN IMMEDIATE");
        commit = Statement(connection, "COMMIT");
        rollback = Statement(connection, "ROLLBACK");
        findStream = Statement(connection, "SELECT id FROM streams WHERE name = $name", "$name");
        addStream = Statement(connection, "INSERT INTO streams (id, name, parent) VALUES ($id, $name, $parent)", "$id", "$name", "$parent");
        addEvent = Statement(
            connection,
            "INSERT INTO events (sequence, stream, at, type, data) VALUES ($sequence, $stream, $at, $type, $data)",
            "$sequence",
            "$stream",
            "$at",
            "$type",
            "$data");
        updateStream = Statement(
            connection,
            "UPDATE streams SET active = $active, summary = $summary WHERE name = $name",
            "$active",
            "$summary",
            "$name");
        snapshots = new SnapshotTable(connection);
        using var last = Statement(connection, "SELECT coalesce(max(sequence), 0) FROM events");
        lastSequence = (long)last.ExecuteScalar()!;
    }

    public long LastSequence => Interlocked.Read(ref lastSequence);

    /// <param name="folder">Where <c>journal.db</c> lies; created when it is missing.</param>
    /// <exception cref="JournalException">Another process has the folder, or the journal is damaged or of a newer Towpath.</exception>
    public static SqliteJournal Open(string folder)
    {
        var claim = FolderClaim.Take(folder);
        var path = Path.Combine(folder, "journal.db");
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            DefaultTimeout = LockTimeoutSeconds,
        }.ToString());
        try
        {
            connection.Open();
            using (var setup = connection.CreateCommand())
            {
                setup.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864";
                setup.ExecuteNonQuery();
            }

            JournalSchema.Update(connection);
            return new SqliteJournal(path, claim, connection);
        }
        catch (Exception e)
        {
            connection.Dispose();
            claim.Dispose();
            if (e is SqliteException error)
                throw JournalFailure.Of(error, path);
            throw;
        }
    }

    /// <summary>Refuses, as on a full disk, to let the file become larger than this many bytes (rounded down to 4 KiB).</summary>
    public void LimitSize(long bytes)
    {
        lock (gate)
        {
            using var command = connection.CreateCommand();
#pragma warning disable CA2100 // A pragma takes no parameters; this is a number.
            command.CommandText = FormattableString.Invariant($"PRAGMA max_page_count = {bytes / PageSize}");
#pragma warning restore CA2100
            command.ExecuteNonQuery();
        }
    }

    public void Append(IReadOnlyList<JournalEntry> entries, IReadOnlyList<StreamUpdate> updates)
    {
        lock (gate)
        {
            Store(() => Write(entries, updates));
            Interlocked.Exchange(ref lastSequence, lastSequence + entries.Count);
        }
    }

    public void Keep(Snapshot snapshot)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(closed, this);
            // No fsync, so that an append that comes meanwhile waits for no disk. The next append's makes this durable, too.
            Synchronize("NORMAL");
            try
            {
                Store(() => snapshots.Keep(snapshot));
            }
            finally
            {
                Synchronize("FULL");
            }
        }
    }

    public IReadOnlyList<JournalEntry> Read(string stream) => Read(stream, 0, int.MaxValue);

    public IReadOnlyList<JournalEntry> Read(string stream, long after, int limit) => Using(reader => reader.Read(stream, after, limit));

    public IReadOnlyList<JournalEntry> ReadBack(long before, int span, IReadOnlyCollection<string> types, string? project = null) =>
        Using(reader => reader.ReadBack(before, span, types, project));

    public Snapshot? FindSnapshot(string stream) => Using(reader => reader.FindSnapshot(stream));

    /// <summary>Writes the journal as it is at one moment to a new file; appends go on meanwhile.</summary>
    /// <exception cref="JournalException">The disk is full, or the journal is damaged.</exception>
    public void CopyTo(string file) => Using(reader => reader.CopyTo(file));

    public IReadOnlyList<string> ActiveStreams() => Using(reader => reader.ActiveStreams());

    public StreamSummary? Find(string stream) => Using(reader => reader.Find(stream));

    public IReadOnlyList<StreamSummary> List(string prefix, int limit, string? before = null) =>
        Using(reader => reader.List(prefix, limit, before));

    public void Dispose()
    {
        lock (gate)
        {
            if (closed)
                return;
            closed = true;
            while (idleReaders.TryTake(out var reader))
                reader.Dispose();
            foreach (var statement in (SqliteCommand[])[begin, commit, rollback, findStream, addStream, addEvent, updateStream])
                statement.Dispose();
            snapshots.Dispose();
            connection.Dispose();
            claim.Dispose();
        }
    }

    internal static SqliteCommand Statement(SqliteConnection connection, string sql, params string[] parameters)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this folder; values are parameters.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var parameter in parameters)
            command.Parameters.Add(new SqliteParameter(parameter, null));
        return command;
    }

    /// <summary>One transaction: whole or not at all.</summary>
    private void Store(Action write)
    {
        ObjectDisposedException.ThrowIf(closed, this);
        if (doubt is not null)
            throw new JournalException(doubt.Message, doubt);
        try
        {
            begin.ExecuteNonQuery();
            write();
            commit.ExecuteNonQuery();
        }
        catch (SqliteException e)
        {
            var failure = JournalFailure.Of(e, path);
            if (JournalFailure.LeavesDoubt(e))
                doubt = failure;
            Undo();
            throw failure;
        }
        catch
        {
            Undo();
            throw;
        }
    }

    private void Synchronize(string mode)
    {
        using var command = Statement(connection, $"PRAGMA synchronous = {mode}");
        command.ExecuteNonQuery();
    }

    private void Write(IReadOnlyList<JournalEntry> entries, IReadOnlyList<StreamUpdate> updates)
    {
        JournalRules.Check(entries, updates, lastSequence, stream => IdOf(stream) is not null);
        var ids = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            if (!ids.TryGetValue(entry.Stream, out var id))
                ids.Add(entry.Stream, id = IdOf(entry.Stream) ?? Add(entry.Stream, entry.Sequence));
            Set(addEvent, entry.Sequence, id, (entry.At.UtcDateTime - DateTime.UnixEpoch).Ticks, entry.Type, entry.Data);
            addEvent.ExecuteNonQuery();
        }

        foreach (var update in updates)
        {
            Set(updateStream, update.Active ? 1 : 0, update.Summary, update.Stream);
            updateStream.ExecuteNonQuery();
        }
    }

    private long? IdOf(string stream)
    {
        Set(findStream, stream);
        return findStream.ExecuteScalar() as long?;
    }

    private long Add(string stream, long sequence)
    {
        Set(addStream, sequence, stream, JournalRules.ParentOf(stream));
        addStream.ExecuteNonQuery();
        return sequence;
    }

    // SQLite undoes some failures by itself.
    private void Undo()
    {
        if (raw.sqlite3_get_autocommit(connection.Handle) != 0)
            return;
        try
        {
            rollback.ExecuteNonQuery();
        }
        catch (SqliteException e)
        {
            doubt = JournalFailure.Of(e, path);
        }
    }

    private T Using<T>(Func<JournalReader, T> ask)
    {
        ObjectDisposedException.ThrowIf(closed, this);
        JournalReader? reader = null;
        try
        {
            reader = idleReaders.TryTake(out var idle) ? idle : new JournalReader(path);
            return ask(reader);
        }
        catch (SqliteException e)
        {
            throw JournalFailure.Of(e, path);
        }
        finally
        {
            if (closed)
                reader?.Dispose();
            else if (reader is not null)
                idleReaders.Add(reader);
        }
    }

    private static void Set(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i];
    }
}
