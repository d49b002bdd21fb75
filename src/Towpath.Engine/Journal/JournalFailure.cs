using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Towpath.Engine.Journal;

/// <summary>SQLite's errors in words for people.</summary>
internal static class JournalFailure
{
    // SQLite reports a full disk so when it cannot enlarge the file that connections share.
    private const int SharedMemorySize = raw.SQLITE_IOERR | (19 << 8);

    /// <summary>After a failed sync nobody knows what is on the disk: writing on would build on sand.</summary>
    public static bool LeavesDoubt(SqliteException error) =>
        error.SqliteErrorCode == raw.SQLITE_IOERR && error.SqliteExtendedErrorCode != SharedMemorySize;

    public static JournalException Of(SqliteException error, string path) => new(Sentence(error, path), error);

    private static string Sentence(SqliteException error, string path) => error.SqliteErrorCode switch
    {
        raw.SQLITE_FULL => DiskFull(path),
        raw.SQLITE_IOERR when error.SqliteExtendedErrorCode == SharedMemorySize => DiskFull(path),
        raw.SQLITE_IOERR => $"The disk fails under the journal {path} ({error.Message}); look after the disk, then start the server again.",
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => $"The journal {path} is locked by another program that has it open; close that program.",
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => $"The journal {path} is damaged ({error.Message}); restore a backup.",
        raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_CANTOPEN =>
            $"The journal {path} cannot be opened for writing ({error.Message}); check who owns it and its folder.",
        _ => $"The journal {path} failed: {error.Message}",
    };

    private static string DiskFull(string path) =>
        $"The disk is full: the journal {path} cannot grow, and nothing was stored; make room, and work goes on by itself.";
}
