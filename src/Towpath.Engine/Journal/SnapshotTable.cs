using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Towpath.Engine.Journal;

/// <summary>The rows of snapshots: the newest of each stream, each with a checksum over all of it.</summary>
internal sealed class SnapshotTable : IDisposable
{
    private readonly SqliteCommand keep;

    /// <param name="connection">The writer's.</param>
    public SnapshotTable(SqliteConnection connection) => keep = SqliteJournal.Statement(
        connection,
        """
        INSERT INTO snapshots (stream, sequence, version, checksum, state)
        SELECT id, $sequence, $version, $checksum, $state FROM streams WHERE name = $stream
        ON CONFLICT (stream) DO UPDATE SET sequence = $sequence, version = $version, checksum = $checksum, state = $state
        """,
        "$stream",
        "$sequence",
        "$version",
        "$checksum",
        "$state");

    /// <summary>The columns that <see cref="Read"/> wants of a row.</summary>
    public const string Columns = "p.sequence, p.version, p.checksum, p.state";

    public void Keep(Snapshot snapshot)
    {
        keep.Parameters[0].Value = snapshot.Stream;
        keep.Parameters[1].Value = snapshot.Sequence;
        keep.Parameters[2].Value = snapshot.Version;
        keep.Parameters[3].Value = Checksum(snapshot);
        keep.Parameters[4].Value = snapshot.State;
        keep.ExecuteNonQuery();
    }

    /// <returns>Null when the row is damaged: then the events are read.</returns>
    public static Snapshot? Read(string stream, SqliteDataReader row)
    {
        var snapshot = new Snapshot(stream, row.GetInt64(0), row.GetString(1), row.GetString(3));
        return Checksum(snapshot).AsSpan().SequenceEqual((byte[])row.GetValue(2)) ? snapshot : null;
    }

    public void Dispose() => keep.Dispose();

    private static byte[] Checksum(Snapshot snapshot)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{snapshot.Stream}\n{snapshot.Sequence}\n{snapshot.Version}\n"));
        hash.AppendData(Encoding.UTF8.GetBytes(snapshot.State));
        return hash.GetHashAndReset();
    }
}
