using System.Runtime.CompilerServices;

namespace Towpath.Server.Logs;

/// <summary>How far a log goes, and its last lines.</summary>
/// <param name="Count">Lines so far.</param>
/// <param name="Complete">No line follows.</param>
/// <param name="Last">The last of them, in order; none when there are none.</param>
public sealed record LogEnd(long Count, bool Complete, IReadOnlyList<LogLine> Last);

/// <summary>
/// The ends of logs that somebody watches. A log is read once for all who watch it, and whoever is slow is told the newest end
/// and not all that were before: a thousand watchers cost the job nothing.
/// </summary>
public sealed class LogEnds(LogAccess logs, TimeProvider time)
{
    /// <summary>Lines that come with an end.</summary>
    public const int LinesAtMost = 60;

    /// <summary>Characters of their texts together; lines before are left out.</summary>
    public const int TextAtMost = 8 << 10;

    /// <summary>From one end to the next, and so much more for each who watches: what they cost together has a limit.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PaceOfEach = TimeSpan.FromMilliseconds(1);

    private readonly Dictionary<string, Watched> watched = new(StringComparer.Ordinal);

    /// <summary>The end now and whenever it moved, until the log is complete.</summary>
    /// <typeparam name="TShown">What watchers make of an end. It is made once for all of them.</typeparam>
    /// <exception cref="Engine.Logs.LogException">The id is none, or the log cannot be read.</exception>
    public async IAsyncEnumerable<TShown> WatchAsync<TShown>(
        string log, Func<LogEnd, TShown> show, [EnumeratorCancellation] CancellationToken cancel) where TShown : class
    {
        var place = Enter(log);
        try
        {
            Seen? seen = null;
            while (seen is not { End.Complete: true })
            {
                var (newest, changed) = place.Look();
                if (newest is null || newest == seen)
                {
                    await changed.WaitAsync(cancel);
                    continue;
                }

                seen = newest;
                yield return newest.Shown(show);
            }
        }
        finally
        {
            Leave(log, place);
        }
    }

    private Watched Enter(string log)
    {
        lock (watched)
        {
            if (!watched.TryGetValue(log, out var place))
            {
                watched.Add(log, place = new Watched());
                _ = Task.Run(() => PumpAsync(log, place));
            }

            place.Watchers++;
            return place;
        }
    }

    private void Leave(string log, Watched place)
    {
        lock (watched)
        {
            if (--place.Watchers > 0)
                return;
            if (watched.GetValueOrDefault(log) == place)
                watched.Remove(log);
        }

        place.Dispose();
    }

    private async Task PumpAsync(string log, Watched place)
    {
        try
        {
            while (true)
            {
                var end = Read(log);
                place.Show(end);
                if (end.Complete)
                    break;
                await logs.WaitAsync(log, end.Count + 1, place.Stopping);
                int watchers;
                lock (watched)
                    watchers = place.Watchers;
                await Task.Delay(Pace + (watchers * PaceOfEach), time, place.Stopping);
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody watches any more.
        }
        catch (Exception e)
        {
            place.Fail(e);
        }

        // Whoever comes now looks afresh: after a failure it may be readable again.
        lock (watched)
        {
            if (watched.GetValueOrDefault(log) == place)
                watched.Remove(log);
        }
    }

    private LogEnd Read(string log)
    {
        var count = logs.Count(log);
        var part = logs.Read(log, Math.Max(1, count - LinesAtMost + 1), LinesAtMost);
        var room = TextAtMost;
        var last = part.Lines.Reverse().TakeWhile(line => (room -= line.Text.Length) >= 0).Reverse().ToList();
        return new(Math.Max(count, part.Next - 1), part.Complete, last);
    }

    private sealed class Seen(LogEnd end)
    {
        private readonly Lock gate = new();
        private object? shown;

        public LogEnd End => end;

        public TShown Shown<TShown>(Func<LogEnd, TShown> show) where TShown : class
        {
            lock (gate)
                return shown as TShown ?? (TShown)(shown = show(end));
        }
    }

    private sealed class Watched : IDisposable
    {
        private readonly Lock gate = new();
        private readonly CancellationTokenSource stop = new();
        private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Seen? newest;

        // Kept: of a source that is gone it cannot be had any more.
        public Watched() => Stopping = stop.Token;

        /// <summary>Guarded by the table that this is in.</summary>
        public int Watchers { get; set; }

        public CancellationToken Stopping { get; }

        public (Seen? Newest, Task Changed) Look()
        {
            lock (gate)
                return (newest, changed.Task);
        }

        public void Show(LogEnd end)
        {
            TaskCompletionSource before;
            lock (gate)
            {
                if (newest is { } known && known.End.Count == end.Count && known.End.Complete == end.Complete)
                    return;
                newest = new Seen(end);
                (before, changed) = (changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
            }

            before.SetResult();
        }

        public void Fail(Exception problem)
        {
            lock (gate)
                changed.TrySetException(problem);
        }

        public void Dispose()
        {
            stop.Cancel();
            stop.Dispose();
        }
    }
}
