using Towpath.Core.Agents;

namespace Towpath.Agent.Apps;

/// <content>A measurement is cut when somebody goes back on this machine: nobody waits for it.</content>
internal sealed partial class HostedEnvironment
{
    private readonly Lock measuring = new();
    private CancellationTokenSource? measurement;
    private int goingBack;

    /// <summary>Measures, unless somebody goes back meanwhile: then nothing was counted that says anything.</summary>
    /// <param name="measure">Gets what cuts it.</param>
    public async Task<StageEnded> MeasuringAsync(Func<CancellationToken, Task<StageEnded>> measure, CancellationToken cancel)
    {
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        lock (measuring)
        {
            if (goingBack > 0)
                return StageWork.Succeeded;
            measurement = cut;
        }

        try
        {
            return await measure(cut.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return StageWork.Succeeded;
        }
        finally
        {
            lock (measuring)
                measurement = null;
        }
    }

    /// <summary>Goes back on this machine, as soon as the stage under way is over; a measurement is over at once.</summary>
    public async Task<StageEnded> GoBackAsync(Func<Task<StageEnded>> goBack, CancellationToken cancel)
    {
        lock (measuring)
        {
            goingBack++;
            _ = measurement?.CancelAsync();
        }

        try
        {
            await Stage.WaitAsync(cancel);
            try
            {
                return await goBack();
            }
            finally
            {
                Stage.Release();
            }
        }
        finally
        {
            lock (measuring)
                goingBack--;
        }
    }
}
