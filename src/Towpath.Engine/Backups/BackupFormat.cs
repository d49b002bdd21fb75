using Towpath.Core;

namespace Towpath.Engine.Backups;

/// <summary>A backup cannot be made, or cannot be restored. The message is one sentence for people.</summary>
public sealed class BackupException : Exception
{
    public BackupException(string message)
        : base(message)
    {
    }

    public BackupException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

/// <summary>The first member of a backup: what it is, before anything else is believed.</summary>
/// <param name="Format">Counted up when older programs could not restore it.</param>
/// <param name="Towpath">The version that made it.</param>
/// <param name="At">The moment of the backup: when the journal was copied. What came later is not in it.</param>
/// <param name="Sequence">The journal's newest event.</param>
/// <param name="HasKeys">The keys to the secrets, and the server's token, are in it.</param>
public sealed record BackupHeader(int Format, string Towpath, DateTimeOffset At, long Sequence, bool HasKeys)
{
    public const string Name = "towpath-backup.json";
    public const int Current = 1;
}

/// <param name="Name">Its path below the data folder.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Sha256">64 hexadecimal digits.</param>
public sealed record BackupMember(string Name, long Size, string Sha256);

/// <summary>Something that was lost before the backup was made, and is lost in it.</summary>
/// <param name="Run">Null when it belongs to no run.</param>
public sealed record BackupGap(string Project, int? Run, string Sentence);

/// <summary>
/// The last member of a backup, named by its own SHA-256: a file without it is cut off, and one that differs from it is damaged.
/// </summary>
/// <param name="Header">The first member.</param>
public sealed record BackupManifest(BackupHeader Header, ValueList<BackupMember> Members, ValueList<BackupGap> Gaps)
{
    public static string NameOf(ReadOnlySpan<byte> content) =>
        $"manifest-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content))}.json";

    public static bool IsName(string member) =>
        member.StartsWith("manifest-", StringComparison.Ordinal) && !member.Contains('/', StringComparison.Ordinal);
}

/// <summary>What was put into a backup.</summary>
/// <param name="Bytes">Before compression.</param>
public sealed record BackupSummary(BackupHeader Header, int Members, long Bytes, ValueList<BackupGap> Gaps);
