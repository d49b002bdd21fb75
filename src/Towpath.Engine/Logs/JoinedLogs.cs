using Towpath.Core;
using Towpath.Core.Environments;

namespace Towpath.Engine.Logs;

/// <summary>
/// Logs as people ask for them. A job's attempt has one; a deployment has one for each of its stages, which are read
/// here one after the other as though they were one log.
/// </summary>
public sealed class JoinedLogs(LogStore logs, ControlPlane plane, TimeProvider time)
{
    /// <summary>How long after the end of the work its last lines may still be on their way; an agent that is gone never sends them.</summary>
    private static readonly TimeSpan LastLinesWithin = TimeSpan.FromSeconds(10);

    /// <summary>A stage may begin between a look and the wait that follows it: then the wait ends here at the latest.</summary>
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(1);

    /// <param name="Next">The number to ask from for what follows.</param>
    /// <param name="Complete">No line follows these.</param>
    public sealed record Slice(IReadOnlyList<LogEntry> Lines, long Next, bool Complete);

    /// <summary>Lines from a number on; none when there are none yet.</summary>
    /// <param name="limit">Lines at most.</param>
    /// <exception cref="LogException">The id is none.</exception>
    public Slice Read(string log, long from, int limit)
    {
        var (chapters, isOver, isGivenUp) = ChaptersOf(log);
        var lines = new List<LogEntry>();
        var offset = 0L;
        foreach (var chapter in chapters)
        {
            var extent = logs.ExtentOf(chapter);
            var end = offset + extent.Next;
            if (end > from && lines.Count < limit)
            {
                lines.AddRange(logs.ReadAsync(chapter, Math.Max(1, from - offset), CancellationToken.None).ToBlockingEnumerable()
                    .TakeWhile(line => line.Number < extent.Next).Take(limit - lines.Count).Select(line => line with { Number = offset + line.Number }));
            }

            if (!extent.Complete && !isGivenUp)
                return new Slice(lines, NextAfter(lines, from), false);
            offset = end - 1;
        }

        var next = NextAfter(lines, from);
        return new Slice(lines, next, isOver && next > offset);
    }

    /// <summary>The lines that are there now, from a number on: read while they are asked for, so that a long log never lies in memory whole.</summary>
    /// <exception cref="LogException">The id is none.</exception>
    public IEnumerable<LogEntry> Lines(string log, long from)
    {
        var offset = 0L;
        var (chapters, _, isGivenUp) = ChaptersOf(log);
        foreach (var chapter in chapters)
        {
            var extent = logs.ExtentOf(chapter);
            if (offset + extent.Next > from)
            {
                foreach (var line in logs.ReadAsync(chapter, Math.Max(1, from - offset), CancellationToken.None).ToBlockingEnumerable())
                {
                    if (line.Number < extent.Next)
                        yield return line with { Number = offset + line.Number };
                }
            }

            // What follows has no number yet.
            if (!extent.Complete && !isGivenUp)
                yield break;
            offset += extent.Next - 1;
        }
    }

    /// <summary>Lines that are there now.</summary>
    /// <exception cref="LogException">The id is none.</exception>
    public long Count(string log) => ChaptersOf(log).Chapters.Sum(chapter => logs.ExtentOf(chapter).Next - 1);

    /// <summary>Ends when there may be a line with the number or more, or the log may be complete.</summary>
    public async Task WaitAsync(string log, long from, CancellationToken cancel)
    {
        using var look = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        look.CancelAfter(LookAgainAfter);
        try
        {
            var (chapters, _, _) = ChaptersOf(log);
            var offset = chapters.SkipLast(1).Sum(chapter => logs.ExtentOf(chapter).Next - 1);
            if (chapters.Count == 0 || logs.ExtentOf(chapters[^1]).Complete)
                await Task.Delay(Timeout.Infinite, look.Token);
            await foreach (var _ in logs.FollowAsync(chapters[^1], Math.Max(1, from - offset), look.Token))
                return;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // Time to look again.
        }
    }

    private static long NextAfter(List<LogEntry> lines, long from) => lines.Count > 0 ? lines[^1].Number + 1 : from;

    /// <summary>A deployment's stages that wrote something, in the order they were begun; any other log is a chapter of its own.</summary>
    private (IReadOnlyList<string> Chapters, bool IsOver, bool IsGivenUp) ChaptersOf(string log)
    {
        switch (log.Split('/'))
        {
            case [var project, "environments", var environment, "deployments", var number] when int.TryParse(number, out var deployment):
                var found = plane.Environment(project, environment)?.Deployment(deployment);
                return ([.. StageLogs(log).Where(chapter => logs.ExtentOf(chapter).Next > 1)], found is not { IsOver: false }, found is null || IsLongAgo(found.EndedAt));
            case [var project, "runs", var number, ..] when int.TryParse(number, out var run):
                var isGivenUp = IsLongAgo(plane.Run(project, run)?.FinishedAt);
                return ([log], isGivenUp || logs.ExtentOf(log).Complete, isGivenUp);
            default:
                return ([log], logs.ExtentOf(log).Complete, false);
        }
    }

    private bool IsLongAgo(DateTimeOffset? end) => time.GetUtcNow() >= end + LastLinesWithin;

    private IEnumerable<string> StageLogs(string log)
    {
        foreach (var stage in Enum.GetValues<Stage>())
        {
            if (stage != Stage.Canary)
                yield return $"{log}/{stage.ToString().ToLowerInvariant()}";
            else
                foreach (var measurement in logs.Numbered(log, "canary-"))
                    yield return measurement;
        }

        for (var again = 2; again <= 9; again++)
            yield return $"{log}/withdraw-{again}";
    }
}
