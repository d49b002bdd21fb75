using System.Runtime.InteropServices;

namespace Towpath.Agent;

/// <summary>Signals to processes that the agent did not necessarily start itself.</summary>
internal static class Signals
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

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int process, int signal);
}
