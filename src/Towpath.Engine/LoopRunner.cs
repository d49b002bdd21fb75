using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Towpath.Core;
using Towpath.Engine.Journal;

namespace Towpath.Engine;

/// <summary>Runs a <see cref="Loop"/> on one thread of its own: gathers what has arrived, minds the deadlines, and never stops for one bad input.</summary>
public sealed class LoopRunner : IAsyncDisposable
{
    /// <summary>Inputs taken into one transaction at most: more would let the first ones wait too long.</summary>
    private const int BatchAtMost = 256;

    /// <summary>How long the loop waits after the journal refused a write, before it looks at deadlines again.</summary>
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    /// <summary>A clock that goes back by more than this was wrong for long.</summary>
    private static readonly TimeSpan SetBack = TimeSpan.FromDays(1);

    private readonly Channel<Letter> inbox = Channel.CreateUnbounded<Letter>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Loop loop;
    private readonly TimeProvider time;
    private readonly SteadyClock clock;
    private readonly ILogger log;
    private readonly Thread thread;
    private readonly SemaphoreSlim wake = new(0);
    private volatile bool stopped;

    public LoopRunner(Loop loop, TimeProvider time, ILogger log)
    {
        this.loop = loop;
        this.time = time;
        clock = new SteadyClock(time);
        this.log = log;
        loop.Failed = (stream, e) =>
            log.LogError(e, "What {Stream} wants done could not be begun; its deadline or the next start sees to it", stream);
        thread = new Thread(Run) { Name = "loop", IsBackground = true };
    }

    /// <summary>Call once, after <see cref="Loop.Restore"/>.</summary>
    public void Start() => thread.Start();

    /// <summary>Hands an input in and does not wait for what becomes of it.</summary>
    public void Post(StreamId stream, MachineInput input) => Send(new Letter(stream, input, null));

    /// <returns>Null once the input is in the journal, or why it was refused.</returns>
    /// <exception cref="JournalException">It could not be stored; nothing of it happened.</exception>
    public Task<string?> AskAsync(StreamId stream, MachineInput input)
    {
        var reply = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        Send(new Letter(stream, input, reply));
        return reply.Task;
    }

    public async ValueTask DisposeAsync()
    {
        // Closed first: what got in before is still answered by the thread, what comes after is refused.
        inbox.Writer.TryComplete();
        stopped = true;
        wake.Release();
        // Not started when the journal could not be replayed. The semaphore is not disposed: a late timer may still release it.
        if (thread.IsAlive)
            await Task.Run(thread.Join);
    }

    private void Send(Letter letter)
    {
        if (inbox.Writer.TryWrite(letter))
            wake.Release();
        else
            letter.Fail(new JournalException("The server is stopping; ask again when it is back."));
    }

    private void Run()
    {
        var batch = new List<Letter>();
        // At the start as well: nobody knows where the clock stood before.
        var before = DateTimeOffset.MaxValue;
        while (!stopped)
        {
            var now = clock.Now(loop.IsUnderWay);
            if (now < before - SetBack && loop.Schedules() is { Count: > 0 } schedules)
                Process(schedules, now);
            if (now < before - SteadyClock.Tolerance)
                loop.PlanAgain(now);
            before = now;
            if (loop.NextDeadline is { } deadline && deadline <= now)
                Process(loop.Due(now), now);
            batch.Clear();
            while (batch.Count < BatchAtMost && inbox.Reader.TryRead(out var letter))
                batch.Add(letter);
            if (batch.Count > 0)
                Process(batch, now);
            else
                Wait(now);
        }

        while (inbox.Reader.TryRead(out var left))
            left.Fail(new JournalException("The server is stopping; ask again when it is back."));
    }

    private void Process(IReadOnlyList<Letter> letters, DateTimeOffset now)
    {
        try
        {
            loop.Process(letters, now);
        }
        catch (Exception e) when (letters.Count > 1)
        {
            // A bug met by one input must not take its neighbours down: nothing was stored, so each is tried alone.
            log.LogError(e, "A batch of {Count} inputs failed; taking them one by one", letters.Count);
            foreach (var letter in letters)
                Process([letter], now);
        }
        catch (Exception e)
        {
            log.LogError(e, "Input {Input} of {Stream} failed", letters[0].Input, letters[0].Stream);
            letters[0].Fail(e);
        }
    }

    private void Wait(DateTimeOffset now)
    {
        var until = loop.NextDeadline;
        // After a failure to store, a deadline stays due: pause, so that a full disk does not become a busy loop.
        var pause = until is null ? TimeSpan.FromMinutes(1) : until <= now ? PauseAfterFailure : Min(until.Value - now, TimeSpan.FromMinutes(1));
        using var timer = time.CreateTimer(static state => ((SemaphoreSlim)state!).Release(), wake, pause, Timeout.InfiniteTimeSpan);
        wake.Wait();
        while (wake.Wait(0))
        {
        }
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
