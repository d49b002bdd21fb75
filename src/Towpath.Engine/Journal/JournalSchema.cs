using Microsoft.Data.Sqlite;

namespace Towpath.Engine.Journal;

/// <summary>The journal's tables, and how older ones become today's.</summary>
internal static class JournalSchema
{
    /// <summary>One script a version, from 1 on; a released one never changes.</summary>
    private static readonly string[] Versions =
    [
        """
        CREATE TABLE streams (
            id INTEGER PRIMARY KEY,         -- the sequence of its first event
            name TEXT NOT NULL UNIQUE,
            parent TEXT NOT NULL,           -- the name up to its last slash, by which it is listed
            active INTEGER NOT NULL DEFAULT 0,
            summary TEXT
        ) STRICT;
        CREATE INDEX streams_by_parent ON streams (parent, id);
        CREATE INDEX streams_active ON streams (id) WHERE active = 1;
        CREATE TABLE events (
            sequence INTEGER PRIMARY KEY,
            stream INTEGER NOT NULL,
            at INTEGER NOT NULL,            -- in 100 ns since 1970, UTC
            type TEXT NOT NULL,
            data TEXT NOT NULL
        ) STRICT;
        CREATE INDEX events_by_stream ON events (stream, sequence);
        """,
        """
        CREATE TABLE snapshots (
            stream INTEGER PRIMARY KEY,
            sequence INTEGER NOT NULL,      -- of the last event that is in the state
            version TEXT NOT NULL,          -- of the code that made the state
            checksum BLOB NOT NULL,
            state TEXT NOT NULL
        ) STRICT;
        """,
    ];

    public static int Current => Versions.Length;

    /// <summary>Brings the tables to today's version, each step whole or not at all.</summary>
    /// <exception cref="JournalException">They are newer than this program.</exception>
    public static void Update(SqliteConnection connection)
    {
        Run(connection, "CREATE TABLE IF NOT EXISTS schema (version INTEGER NOT NULL) STRICT");
        var version = Version(connection);
        if (version > Current)
        {
            throw new JournalException(
                $"The journal {connection.DataSource} was written by a newer Towpath (its version is {version}, "
                + $"this program knows {Current}); start the newer one again.");
        }

        for (; version < Current; version++)
        {
            using var transaction = connection.BeginTransaction(deferred: false);
            Run(connection, Versions[version], transaction);
            Run(connection, version == 0 ? "INSERT INTO schema VALUES (1)" : $"UPDATE schema SET version = {version + 1}", transaction);
            transaction.Commit();
        }
    }

    private static int Version(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT max(version) FROM schema";
        return command.ExecuteScalar() is long version ? (int)version : 0;
    }

    private static void Run(SqliteConnection connection, string sql, SqliteTransaction? transaction = null)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // Only scripts of this file come here.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
