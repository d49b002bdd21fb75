using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Towpath.Engine.Retention;

/// <summary>Collects once a day, at no fixed hour, so that several servers of one machine do not do it together.</summary>
public sealed class DailyCollection(Collector collector, TimeProvider time, ILogger<DailyCollection> log) : BackgroundService
{
    private static readonly TimeSpan AfterStart = TimeSpan.FromHours(1);
    private static readonly TimeSpan Between = TimeSpan.FromHours(23);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(AfterStart + Jitter(), time, stoppingToken);
        while (true)
        {
            try
            {
                await collector.RunAsync(dryRun: false, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.LogError(e, "What is old could not be collected; it is tried again in a day");
            }

            await Task.Delay(Between + Jitter(), time, stoppingToken);
        }
    }

    /// <summary>Up to two hours. Nothing hangs on what it is.</summary>
    private static TimeSpan Jitter() => TimeSpan.FromSeconds(Random.Shared.Next(2 * 60 * 60));
}
