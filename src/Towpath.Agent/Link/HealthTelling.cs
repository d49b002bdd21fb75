using Towpath.Protocol.Agent;

namespace Towpath.Agent.Link;

/// <summary>Reads every few seconds how the apps do, and tells it.</summary>
internal static class HealthTelling
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>Until it is stopped, whatever a reading comes to: one that failed is missing, and the next one may not be.</summary>
    /// <param name="say">Gets a line when a reading fails for another reason than the last one that did.</param>
    public static async Task RunAsync(
        Func<CancellationToken, Task<HealthReport>> read, Action<HealthReport> tell, Action<string> say, TimeProvider time, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Interval, time);
        var said = "";
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                try
                {
                    tell(await read(stop));
                    said = "";
                }
                catch (Exception broken) when (broken is not OutOfMemoryException)
                {
                    if (said != broken.Message && !stop.IsCancellationRequested)
                        say($"how the apps do could not be read, so pages lack it for now: {said = broken.Message}");
                }
            }
        }
        catch (OperationCanceledException)
        {
            // It is stopped.
        }
    }
}
