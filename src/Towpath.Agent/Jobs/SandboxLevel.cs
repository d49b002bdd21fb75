namespace Towpath.Agent.Jobs;

/// <summary>How well a step's processes are kept together and away from everything else.</summary>
public enum SandboxLevel
{
    /// <summary>A session and a mark in the environment: its processes are found and ended, nothing is hidden from them.</summary>
    ProcessGroup,

    /// <summary>Namespaces of its own: what it started ends with it, the machine is read-only, Towpath's data is not there.</summary>
    Bubblewrap,
}

public static class SandboxName
{
    /// <summary>As the protocol and people call it.</summary>
    public static string Of(SandboxLevel level) => level == SandboxLevel.Bubblewrap ? "bubblewrap" : "process-group";
}
