using System.Runtime.InteropServices;

namespace Towpath.Protocol.Processes;

/// <summary>Signals to processes, also to those that this one did not start itself.</summary>
public static partial class Signals
{
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    /// <summary>A process that is gone already is no error.</summary>
    public static void Send(int process, int signal)
    {
        // 0, 1 and below mean whole groups, init, or everybody.
        ArgumentOutOfRangeException.ThrowIfLessThan(process, 2);
        _ = SendSignal(process, signal);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
