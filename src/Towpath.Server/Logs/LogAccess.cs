using System.Runtime.CompilerServices;
using Towpath.Engine.Logs;

namespace Towpath.Server.Logs;

/// <summary>A line of a log as clients see it.</summary>
/// <param name="Number">From 1, without a gap.</param>
/// <param name="Channel">towpath, stdout or stderr.</param>
/// <param name="Text">Without its line end; control sequences as they were printed.</param>
public sealed record LogLine(long Number, DateTimeOffset At, string Channel, string Text)
{
    internal static LogLine Of(LogEntry entry) =>
        new(entry.Number, entry.At, entry.Channel switch { 0 => "towpath", 1 => "stdout", _ => "stderr" }, entry.Text);
}

/// <param name="Lines">In order; none when there are none from there on yet.</param>
/// <param name="Next">The number to ask from for what follows.</param>
/// <param name="Complete">No line follows these.</param>
public sealed record LogPart(IReadOnlyList<LogLine> Lines, long Next, bool Complete);

/// <summary>Logs as clients see them.</summary>
public sealed class LogAccess(JoinedLogs logs)
{
    /// <summary>Lines in one answer at most.</summary>
    public const int PartAtMost = 5000;

    /// <summary>Lines that are read in one piece, so that a long log never lies in memory whole.</summary>
    private const int PieceAtMost = 500;

    /// <summary>Lines in the log so far.</summary>
    public long Count(string log) => logs.Count(log);

    /// <summary>The lines that are there from a number on.</summary>
    public LogPart Read(string log, long from, int limit)
    {
        var slice = logs.Read(log, from, limit);
        return new LogPart([.. slice.Lines.Select(LogLine.Of)], slice.Next, slice.Complete);
    }

    /// <summary>Every line that is there now, from a number on.</summary>
    public IEnumerable<LogLine> All(string log, long from) => logs.Lines(log, from).Select(LogLine.Of);

    /// <summary>Ends when there may be a line with the number, or the log may be complete.</summary>
    public Task WaitAsync(string log, long from, CancellationToken cancel) => logs.WaitAsync(log, from, cancel);

    /// <summary>Every line from a number on, as they come, without a gap or a repetition; ends when the log is complete.</summary>
    public async IAsyncEnumerable<LogLine> FollowAsync(string log, long from, [EnumeratorCancellation] CancellationToken cancel)
    {
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            var part = Read(log, from, PieceAtMost);
            foreach (var line in part.Lines)
                yield return line;
            if (part.Complete)
                yield break;
            from = part.Next;
            if (part.Lines.Count == 0)
                await logs.WaitAsync(log, from, cancel);
        }
    }
}
