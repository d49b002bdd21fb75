namespace Towpath.Agent.Logs;

/// <summary>Where a line came from; the numbers are those of the protocol.</summary>
public enum LogChannel
{
    /// <summary>Towpath itself.</summary>
    Towpath = 0,
    Output = 1,
    Error = 2,
}
