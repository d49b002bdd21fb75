using Microsoft.Extensions.Logging.Abstractions;
using Towpath.Engine.Retention;
using Towpath.Tests.Server;

namespace Towpath.Tests.Engine.Retention;

/// <summary>Whatever becomes of one day's collection, there is one on the next day, and the server goes on.</summary>
public sealed class DailyCollectionTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Collection_that_gave_up_by_itself_is_tried_again_and_ends_nothing()
    {
        await using var server = await WorkingServer.StartAsync(folder.At("data"));
        var days = new Days();
        using var collector = new Collector(
            server.Plane, server.Packages, server.Logs, server.Repositories, server.InUse, WorkingServer.Rules, days, NullLogger<Collector>.Instance);
        using var daily = new DailyCollection(collector, days, NullLogger<DailyCollection>.Instance);

        await daily.StartAsync(WorkingServer.Ended);
        await Task.WhenAny(days.Third, daily.ExecuteTask!);

        Assert.False(daily.ExecuteTask!.IsCompleted);
        await daily.StopAsync(WorkingServer.Ended);
    }

    /// <summary>Timers are due at once; on the first two days something takes longer than it may.</summary>
    private sealed class Days : TimeProvider
    {
        private readonly TaskCompletionSource third = new();
        private int days;

        public Task Third => third.Task;

        public override DateTimeOffset GetUtcNow()
        {
            if (++days < 3)
                throw new OperationCanceledException("It took too long.");
            third.TrySetResult();
            return base.GetUtcNow();
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, days < 3 ? TimeSpan.Zero : dueTime, period);
    }
}
