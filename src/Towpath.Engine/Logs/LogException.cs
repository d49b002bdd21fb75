namespace Towpath.Engine.Logs;

/// <summary>Lines could not be stored or read; the sender keeps them and tries again. The message is one sentence for people.</summary>
public sealed class LogException : Exception
{
    public LogException(string message)
        : base(message)
    {
    }

    public LogException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
