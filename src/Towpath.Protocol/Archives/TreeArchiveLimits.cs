namespace Towpath.Protocol.Archives;

/// <summary>How large a tree may be.</summary>
/// <param name="Entries">Files, folders and links together.</param>
/// <param name="Bytes">Of the files' contents together.</param>
public sealed record TreeArchiveLimits(int Entries, long Bytes)
{
    public static TreeArchiveLimits Default { get; } = new(200_000, 4L << 30);
}
