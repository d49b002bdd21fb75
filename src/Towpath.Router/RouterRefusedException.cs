namespace Towpath.Router;

/// <summary>The router cannot run here as things are; the message is one sentence for people that says what to do.</summary>
public sealed class RouterRefusedException : Exception
{
    public RouterRefusedException(string message)
        : base(message)
    {
    }

    public RouterRefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public RouterRefusedException()
    {
    }
}
