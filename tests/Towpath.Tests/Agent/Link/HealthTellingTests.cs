using System.Collections.Concurrent;
using Towpath.Agent.Link;
using Towpath.Protocol.Agent;

namespace Towpath.Tests.Agent.Link;

public sealed class HealthTellingTests
{
    [Fact]
    public async Task A_reading_that_fails_is_said_once_and_the_next_ones_are_told()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var (time, said, told) = (new Ticks(), new ConcurrentQueue<string>(), new TaskCompletionSource<HealthReport>());
        var readings = 0;
        var telling = HealthTelling.RunAsync(
            _ => ++readings switch
            {
                1 or 2 => throw new InvalidOperationException("The numbers are odd."),
                // As of a call that took too long: nobody stopped it.
                3 => throw new OperationCanceledException("Too slow."),
                _ => Task.FromResult(new HealthReport()),
            },
            told.SetResult, said.Enqueue, time, stop.Token);

        time.Tick();
        await Ticks.AskedAsync(() => Volatile.Read(ref readings) == 1);
        time.Tick();
        await Ticks.AskedAsync(() => Volatile.Read(ref readings) == 2);
        time.Tick();
        await Ticks.AskedAsync(() => Volatile.Read(ref readings) == 3);
        time.Tick();
        await told.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, said.Count);
        Assert.EndsWith("The numbers are odd.", said.First(), StringComparison.Ordinal);
        Assert.Equal(HealthTelling.Interval, time.Period);
        await stop.CancelAsync();
        await telling;
    }

    /// <summary>A clock whose one timer ticks when it is told to.</summary>
    private sealed class Ticks : TimeProvider
    {
        private Action tick = () => { };

        public TimeSpan Period { get; private set; }

        public void Tick() => tick();

        public static Task AskedAsync(Func<bool> asked) => Eventually.That(asked, "it was read");

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (tick, Period) = (() => callback(state), period);
            return new Ticking();
        }

        private sealed class Ticking : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
