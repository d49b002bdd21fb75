using System.Runtime.InteropServices;

namespace Towpath.Local;

/// <summary>Turns Ctrl-C and TERM into a cancellation: a process ends what it does before it ends. A closed terminal ends nothing.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly List<PosixSignalRegistration> registrations = [];

    public StopSignals()
    {
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGQUIT])
            registrations.Add(PosixSignalRegistration.Create(signal, context => Stop(context, source)));
        registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => context.Cancel = true));
    }

    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        foreach (var registration in registrations)
            registration.Dispose();
        source.Dispose();
    }

    private static void Stop(PosixSignalContext context, CancellationTokenSource source)
    {
        context.Cancel = true;
        // Not here: what waits for it would go on, on the thread that hands out signals.
        ThreadPool.QueueUserWorkItem(static state => ((CancellationTokenSource)state!).Cancel(), source);
    }
}
