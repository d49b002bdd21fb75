using Towpath.Protocol.Processes;

namespace Towpath.Local;

/// <summary>Asks processes to end, and makes them.</summary>
internal static class Signal
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    /// <summary>TERM, then KILL when it still lives after the grace. Returns when it is gone.</summary>
    public static async Task EndAsync(ProcessIdentity process, TimeSpan grace)
    {
        Send(process, Signals.Terminate);
        var started = TimeProvider.System.GetTimestamp();
        var killed = false;
        while (process.IsAlive)
        {
            if (!killed && TimeProvider.System.GetElapsedTime(started) > grace)
            {
                Send(process, Signals.Kill);
                killed = true;
            }

            await Task.Delay(Look);
        }
    }

    private static void Send(ProcessIdentity process, int signal)
    {
        if (process.IsAlive)
            Signals.Send(process.Pid, signal);
    }
}
