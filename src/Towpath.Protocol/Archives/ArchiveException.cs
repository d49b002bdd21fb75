namespace Towpath.Protocol.Archives;

/// <summary>A tree cannot be archived, or an archive cannot be unpacked. The message is one sentence for people.</summary>
public sealed class ArchiveException : Exception
{
    public ArchiveException(string message)
        : base(message)
    {
    }

    public ArchiveException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
