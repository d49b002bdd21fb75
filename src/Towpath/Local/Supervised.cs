using System.ComponentModel;

namespace Towpath.Local;

/// <summary>One process that is kept running: adopted when it runs already, started again with back-off when it ends.</summary>
internal sealed class Supervised(string data, string name, Func<string[]> arguments, Action<string> say)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    /// <summary>Who lived this long did not fail at its start.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan[] Pauses =
        [.. new double[] { 0, 0.25, 0.5, 1, 2, 5, 10 }.Select(TimeSpan.FromSeconds)];

    private int failures;

    public string Name => name;

    public ProcessIdentity? Running { get; private set; }

    /// <summary>True when this one started it, false when it ran already.</summary>
    public bool IsOurs { get; private set; }

    public void AdoptOrStart()
    {
        Running = Slot.Holder(data, name);
        IsOurs = Running is null;
        Running ??= OwnProcess.Start(data, name, arguments());
    }

    /// <summary>Keeps it running until it is canceled.</summary>
    public async Task KeepAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            var since = TimeProvider.System.GetTimestamp();
            while (Running is { IsAlive: true })
                await Task.Delay(Look, cancel);
            failures = TimeProvider.System.GetElapsedTime(since) > Settled ? 0 : failures;
            var pause = Pauses[Math.Min(failures++, Pauses.Length - 1)];
            var when = pause > TimeSpan.Zero ? $" in {pause.TotalSeconds:0.##} s" : "";
            say($"the {name} ended and is started again{when}; its log is {OwnProcess.LogFile(data, name)}");
            await Task.Delay(pause, cancel);
            try
            {
                AdoptOrStart();
            }
            catch (Exception e) when (e is ExitException or IOException or UnauthorizedAccessException or Win32Exception)
            {
                // A full disk, or no memory for a process: tried again, longer and longer apart.
                say($"the {name} could not be started: {e.Message}");
            }
        }
    }

    public async Task EndAsync(TimeSpan grace)
    {
        if ((Running ?? Slot.Holder(data, name)) is { } process)
            await Signal.EndAsync(process, grace);
    }
}
