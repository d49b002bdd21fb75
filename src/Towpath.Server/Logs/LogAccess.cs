using System.Runtime.CompilerServices;
using Towpath.Engine.Logs;

namespace Towpath.Server.Logs;

/// <summary>A line of a log as clients see it.</summary>
/// <param name="Number">From 1, without a gap.</param>
/// <param name="Channel">towpath, stdout or stderr.</param>
/// <param name="Text">Without its line end; control sequences as they were printed.</param>
public sealed record LogLine(long Number, DateTimeOffset At, string Channel, string Text)
{
    internal static LogLine Of(LogEntry entry) => new(entry.Number, entry.At, entry.Channel switch { 0 => "towpath", 1 => "stdout", _ => "stderr" }, entry.Text);
}

/// <param name="Lines">In order; none when there are none from there on yet.</param>
/// <param name="Next">The number to ask from for what follows.</param>
/// <param name="Complete">No line follows these.</param>
public sealed record LogPart(IReadOnlyList<LogLine> Lines, long Next, bool Complete);

/// <summary>Logs as clients see them.</summary>
public sealed class LogAccess(LogStore store)
{
    /// <summary>Lines in one answer at most.</summary>
    public const int PartAtMost = 5000;

    /// <summary>The number of the line that comes next, from 1.</summary>
    public long Next(string log) => store.ExtentOf(log).Next;

    /// <summary>The lines that are there from a number on; none when nothing was written yet.</summary>
    public async Task<LogPart> ReadAsync(string log, long from, int limit, CancellationToken cancel)
    {
        var lines = new List<LogLine>();
        await foreach (var entry in store.ReadAsync(log, from, cancel))
        {
            lines.Add(LogLine.Of(entry));
            if (lines.Count == limit)
                break;
        }

        var next = from + lines.Count;
        var extent = store.ExtentOf(log);
        return new LogPart(lines, next, extent.Complete && next >= extent.Next);
    }

    /// <summary>Every line that is there now, from a number on.</summary>
    public IAsyncEnumerable<LogLine> AllAsync(string log, long from, CancellationToken cancel) => Lines(store.ReadAsync(log, from, cancel), cancel);

    /// <summary>Every line from a number on, as they come; ends when the log is complete.</summary>
    public IAsyncEnumerable<LogLine> FollowAsync(string log, long from, CancellationToken cancel) => Lines(store.FollowAsync(log, from, cancel), cancel);

    private static async IAsyncEnumerable<LogLine> Lines(IAsyncEnumerable<LogEntry> entries, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var entry in entries.WithCancellation(cancel))
            yield return LogLine.Of(entry);
    }
}
