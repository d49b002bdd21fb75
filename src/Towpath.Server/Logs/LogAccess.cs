using System.Runtime.CompilerServices;

namespace Towpath.Server.Logs;

/// <summary>A line of a log as clients see it.</summary>
/// <param name="Number">From 1, without a gap.</param>
/// <param name="Channel">towpath, stdout or stderr.</param>
/// <param name="Text">Without its line end; control sequences as they were printed.</param>
public sealed record LogLine(long Number, DateTimeOffset At, string Channel, string Text);

/// <param name="Lines">In order; none when there are none from there on yet.</param>
/// <param name="Next">The number to ask from for what follows.</param>
/// <param name="Complete">No line follows these.</param>
public sealed record LogPart(IReadOnlyList<LogLine> Lines, long Next, bool Complete);

/// <summary>Lines of a log from a number on; null when there is no such log yet.</summary>
/// <param name="limit">Lines at most.</param>
public delegate LogPart? ReadLog(string log, long from, int limit);

/// <summary>Ends when the log has a line with the number or more, or is complete.</summary>
public delegate Task WaitForLog(string log, long from, CancellationToken cancel);

/// <summary>Reads logs, and follows those that are still written.</summary>
public sealed class LogAccess(ReadLog read, WaitForLog wait)
{
    /// <summary>Lines in one answer at most.</summary>
    public const int PartAtMost = 5000;

    /// <summary>Lines that are followed in one piece, so that a long log does not lie in memory whole.</summary>
    private const int PieceAtMost = 500;

    /// <summary>An empty part when nothing was written yet.</summary>
    public LogPart Read(string log, long from, int limit = PartAtMost) => read(log, from, limit) ?? new LogPart([], from, false);

    /// <summary>Everything from a number on, without a gap and without a repetition; ends after the part that is complete.</summary>
    public async IAsyncEnumerable<LogPart> FollowAsync(string log, long from, [EnumeratorCancellation] CancellationToken cancel)
    {
        while (true)
        {
            var part = Read(log, from, PieceAtMost);
            if (part.Lines.Count > 0 || part.Complete)
                yield return part;
            if (part.Complete)
                yield break;
            from = part.Next;
            if (part.Lines.Count == 0)
                await wait(log, from, cancel);
        }
    }
}
