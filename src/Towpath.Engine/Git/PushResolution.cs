using Microsoft.Extensions.Logging;
using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Engine.Journal;
using Towpath.Protocol.Failpoints;

namespace Towpath.Engine.Git;

/// <summary>Finds out what became of pushes: of those whose hook said nothing, and of those that a dead server left behind.</summary>
public sealed class PushResolution(Repositories repositories, TimeProvider time, ILogger<PushResolution> log)
{
    /// <summary>How long a push may be under way before it is ended.</summary>
    public static readonly TimeSpan PushAtMost = TimeSpan.FromMinutes(30);

    /// <summary>How long the processes of a dead server's push get to end by themselves: they have nobody to wait for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>How long a living git may hold a ref's lock file: it is written, synced and renamed.</summary>
    private static readonly TimeSpan LockAtMost = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(5);

    /// <summary>Resolves the push and tells its project, again and again until the journal has it.</summary>
    /// <exception cref="OperationCanceledException">The push was settled by somebody else.</exception>
    public async Task SettleAsync(ResolvePush command, LoopRunner loop, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                var found = await ResolveAsync(command, cancel);
                Failpoint.Cross("push.resolving");
                await loop.AskAsync(StreamId.OfProject(command.Project), found);
                Failpoint.Cross("push.resolved");
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Whatever it was: as long as the push is open, no other push of its refs is let in.
                log.LogWarning(e, "Push {Push} of {Project} is not settled yet", command.PushId, command.Project);
                await Task.Delay(PauseAfterFailure, time, cancel);
            }
        }
    }

    /// <summary>Waits until the push is over, then reads from the repository which refs it moved.</summary>
    /// <exception cref="IOException">The repository cannot be read.</exception>
    public async Task<SettlePush> ResolveAsync(ResolvePush command, CancellationToken cancel)
    {
        try
        {
            await repositories.Live.EndOf(command.PushId).WaitAsync(PushAtMost, time, cancel);
            await PushMark.EndProcessesAsync(command.PushId, Patience, time, cancel);
        }
        catch (TimeoutException)
        {
            log.LogWarning("Push {Push} of {Project} took longer than {Limit} and is ended", command.PushId, command.Project, PushAtMost);
            await PushMark.EndProcessesAsync(command.PushId, TimeSpan.Zero, time, cancel);
        }

        if (!repositories.Exists(command.Project))
            return new SettlePush(command.PushId, ValueList<string>.Empty);
        var repository = repositories.PathOf(command.Project);
        foreach (var change in command.Changes)
            await RemoveStaleLockAsync(Path.Combine(repository, change.Ref + ".lock"), cancel);
        await RemoveStaleLockAsync(Path.Combine(repository, "packed-refs.lock"), cancel);
        var moves = command.Changes.Where(change => Reflog.HasMoved(repository, command.PushId, change));
        var moved = moves.Select(change => change.Ref).ToValueList();
        repositories.Sync(command.Project, moved);
        return new SettlePush(command.PushId, moved);
    }

    /// <summary>
    /// A git that was killed leaves its lock files, and no push would ever move the ref again. A living one holds them
    /// for moments.
    /// </summary>
    private async Task RemoveStaleLockAsync(string path, CancellationToken cancel)
    {
        while (File.Exists(path))
        {
            if (time.GetUtcNow() - File.GetLastWriteTimeUtc(path) >= LockAtMost)
            {
                log.LogWarning("Removing {Lock}, which a killed git left behind", path);
                File.Delete(path);
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), time, cancel);
        }
    }
}
