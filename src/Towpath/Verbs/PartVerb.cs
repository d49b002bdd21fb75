using System.CommandLine;
using Towpath.Local;
using Towpath.Router;

namespace Towpath.Verbs;

/// <summary>What the three processes have in common: one of each a data folder, and an end on TERM.</summary>
internal static class PartVerb
{
    private static readonly TimeSpan LookForSlot = TimeSpan.FromMilliseconds(20);

    /// <param name="replaces">True when it begins beside the one that runs already, and has its slot once that one has ended.</param>
    public static async Task<int> RunAsync(
        ParseResult typed, string name, Func<string, CancellationToken, Task> run, bool replaces = false)
    {
        var data = DataFolder.Resolve(typed.GetValue(CommonOptions.Data));
        using var slot = Slot.TryTake(data, name);
        if (slot is null && !replaces)
        {
            var holder = Slot.Holder(data, name) is { } other ? $" (process {other.Pid})" : "";
            throw ExitException.Refused($"the {name} of {data} runs already{holder}.");
        }

        using var signals = new StopSignals();
        try
        {
            var running = run(data, signals.Token);
            using var late = slot is null ? await TakeSlotAsync(data, name, running) : null;
            await running;
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
        }
        catch (Exception e) when (e is InvalidOperationException or InvalidDataException or RouterRefusedException)
        {
            throw ExitException.Refused(e.Message);
        }

        return ExitCode.Done;
    }

    private static async Task<Slot?> TakeSlotAsync(string data, string name, Task running)
    {
        while (!running.IsCompleted)
        {
            if (Slot.TryTake(data, name) is { } slot)
                return slot;
            await Task.WhenAny(running, Task.Delay(LookForSlot));
        }

        return null;
    }
}
