using System.Runtime.InteropServices;

namespace Towpath.Local;

/// <summary>Asks processes to end, and makes them.</summary>
internal static class Signal
{
    private const int Kill = 9;
    private const int Terminate = 15;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    /// <summary>TERM, then KILL when it still lives after the grace. Returns when it is gone.</summary>
    public static async Task EndAsync(ProcessIdentity process, TimeSpan grace)
    {
        Send(process, Terminate);
        var started = TimeProvider.System.GetTimestamp();
        var killed = false;
        while (process.IsAlive)
        {
            if (!killed && TimeProvider.System.GetElapsedTime(started) > grace)
            {
                Send(process, Kill);
                killed = true;
            }

            await Task.Delay(Look);
        }
    }

    private static void Send(ProcessIdentity process, int signal)
    {
        if (process.IsAlive)
            _ = SendSignal(process.Pid, signal);
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int process, int signal);
}
