using System.CommandLine;
using Towpath.Local;
using Towpath.Router;

namespace Towpath.Verbs;

/// <summary>What the three processes have in common: one of each a data folder, and an end on TERM.</summary>
internal static class PartVerb
{
    public static async Task<int> RunAsync(ParseResult typed, string name, Func<string, CancellationToken, Task> run)
    {
        var data = DataFolder.Resolve(typed.GetValue(CommonOptions.Data));
        using var slot = Slot.TryTake(data, name)
            ?? throw ExitException.Refused($"the {name} of {data} runs already{(Slot.Holder(data, name) is { } other ? $" (process {other.Pid})" : "")}.");
        using var signals = new StopSignals();
        try
        {
            await run(data, signals.Token);
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
}
