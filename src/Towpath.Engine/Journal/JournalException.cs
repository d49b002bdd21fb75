namespace Towpath.Engine.Journal;

/// <summary>The journal cannot be opened, read or written. The message is one sentence for people, with what to do next.</summary>
public sealed class JournalException : Exception
{
    public JournalException(string message)
        : base(message)
    {
    }

    public JournalException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
