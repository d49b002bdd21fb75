using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Towpath.Protocol.Failpoints;

namespace Towpath.Engine.Logs;

/// <summary>
/// The server's logs, one file each. A line that was acknowledged is on disk. Syncs are shared: what is appended within a
/// moment is synced together, each file and each folder once. Readers do not wait for that.
/// </summary>
public sealed class LogStore : IAsyncDisposable
{
    private const int SyncedAtOnce = 4;
    private const int KeptInMemory = 1000;

    /// <summary>A short job's whole log is then one sync. Nothing but room in the agent's spool waits for an acknowledgement.</summary>
    private static readonly TimeSpan GatherTime = TimeSpan.FromMilliseconds(50);
    private readonly Dictionary<string, LogFile> files = new(StringComparer.Ordinal);
    private readonly Channel<LogFile> toSync = Channel.CreateUnbounded<LogFile>();
    private readonly Task syncing;
    private readonly CancellationTokenSource closing = new();
    private readonly TimeProvider time;
    private readonly string folder;
    private readonly LogRemoval removal;

    /// <param name="folder">Created when it is missing.</param>
    public LogStore(string folder, TimeProvider time)
    {
        this.time = time;
        this.folder = Path.GetFullPath(folder);
        Directory.CreateDirectory(this.folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        removal = new LogRemoval(this.folder);
        syncing = Task.Run(SyncAsync);
    }

    /// <summary>The logs in the place of an id whose names are a prefix and a number, by that number: few of many may be there.</summary>
    /// <exception cref="LogException">The id is none.</exception>
    public IReadOnlyList<string> Numbered(string id, string prefix)
    {
        var place = LogPath.FolderOf(folder, id);
        return !Directory.Exists(place) ? [] :
        [
            .. Directory.EnumerateFiles(place, $"{prefix}*.log")
                .Select(path => int.TryParse(Path.GetFileNameWithoutExtension(path)[prefix.Length..], out var number) ? number : -1)
                .Where(number => number >= 0).Order().Select(number => $"{id}/{prefix}{number}"),
        ];
    }

    /// <summary>
    /// Stores the lines that are not there yet. Lines that are there are skipped, whatever their text; after a gap nothing is stored.
    /// Lines after the end of a complete log are ignored.
    /// </summary>
    /// <param name="logId">Such as <c>shop/runs/7/jobs/test/attempts/1</c>.</param>
    /// <param name="first">The number of the first of the lines, from 1.</param>
    /// <param name="complete">No line follows these.</param>
    /// <returns>The number of the line that is expected next. All lines before it are on disk.</returns>
    /// <exception cref="LogException">They cannot be stored: the disk is full, or the id is none. The same may be sent again.</exception>
    public async Task<long> AppendAsync(string logId, long first, IReadOnlyList<LogRecord> lines, bool complete, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(first, 1);
        var file = Take(logId);
        try
        {
            while (true)
            {
                var (synced, taken) = file.Append(first, lines, complete, log => toSync.Writer.TryWrite(log));
                Failpoint.Cross("log.written");
                await synced.WaitAsync(cancel);
                Failpoint.Cross("log.appended");
                if (taken == lines.Count)
                    return file.DurableNext;
                (first, lines) = (first + taken, [.. lines.Skip(taken)]);
            }
        }
        finally
        {
            GiveBack(file);
        }
    }

    /// <summary>How far the log goes; nothing is there of a log that was never written.</summary>
    /// <exception cref="LogException">The id is none.</exception>
    public LogExtent ExtentOf(string logId)
    {
        var file = Take(logId);
        try
        {
            return file.Extent;
        }
        finally
        {
            GiveBack(file);
        }
    }

    /// <summary>The lines that are there now, from a number on.</summary>
    public IAsyncEnumerable<LogEntry> ReadAsync(string logId, long from, CancellationToken cancel) =>
        LinesAsync(logId, from, follow: false, cancel);

    /// <summary>The lines from a number on, as they come, until the log is complete. Also of a log that has not begun.</summary>
    public IAsyncEnumerable<LogEntry> FollowAsync(string logId, long from, CancellationToken cancel) =>
        LinesAsync(logId, from, follow: true, cancel);

    /// <summary>The groups of logs directly below an id, with the time of their last line.</summary>
    public IEnumerable<(string Id, DateTimeOffset Written)> Below(string id) => removal.Below(id);

    /// <summary>Removes all logs below an id, and not one of them when somebody is at work with any.</summary>
    /// <param name="dryRun">Only count.</param>
    /// <returns>What was there; null when somebody is at work with it.</returns>
    /// <exception cref="IOException">They cannot be removed.</exception>
    public (int Files, long Bytes)? Remove(string id, bool dryRun)
    {
        var found = removal.Measure(id);
        if (dryRun || found.Files == 0)
            return found;
        string aside;
        lock (files)
        {
            var below = LogPath.FolderOf(folder, id) + "/";
            var known = files.Where(pair => pair.Key.StartsWith(below, StringComparison.Ordinal)).ToArray();
            if (known.Any(pair => pair.Value.Users > 0 || !pair.Value.TryClose()))
                return null;
            foreach (var (path, _) in known)
                files.Remove(path);
            aside = removal.PutAside(id);
        }

        Directory.Delete(aside, recursive: true);
        return found;
    }

    /// <summary>Ends when what was appended is on disk.</summary>
    public async ValueTask DisposeAsync()
    {
        toSync.Writer.TryComplete();
        await closing.CancelAsync();
        await syncing;
        closing.Dispose();
        lock (files)
        {
            foreach (var file in files.Values)
                file.Close();
        }
    }

    private async IAsyncEnumerable<LogEntry> LinesAsync(
        string logId,
        long from,
        bool follow,
        [EnumeratorCancellation] CancellationToken cancel)
    {
        var file = Take(logId);
        LogReading? reading = null;
        try
        {
            while (true)
            {
                cancel.ThrowIfCancellationRequested();
                var (size, complete, changed) = file.Watch();
                if (size > 0)
                    reading ??= new LogReading(file.OpenForReading(), Math.Max(1, from), size);
                while (reading?.Take(size) is { } entries)
                {
                    foreach (var entry in entries)
                        yield return entry;
                    cancel.ThrowIfCancellationRequested();
                }

                if (complete || !follow)
                    yield break;
                await changed.WaitAsync(cancel);
            }
        }
        finally
        {
            reading?.Dispose();
            GiveBack(file);
        }
    }

    // Counted, because two objects for one file would write over each other.
    private LogFile Take(string logId)
    {
        var path = LogPath.Of(folder, logId);
        lock (files)
        {
            if (!files.TryGetValue(path, out var file))
            {
                if (files.Count >= KeptInMemory)
                    ForgetUnused();
                files.Add(path, file = new LogFile(path, folder));
            }

            file.Users++;
            return file;
        }
    }

    private void GiveBack(LogFile file)
    {
        lock (files)
            file.Users--;
    }

    private void ForgetUnused()
    {
        foreach (var (path, _) in files.Where(pair => pair.Value.Users == 0 && pair.Value.TryClose()).ToArray())
            files.Remove(path);
    }

    private async Task SyncAsync()
    {
        while (await toSync.Reader.WaitToReadAsync())
        {
            await Task.Delay(GatherTime, time, closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var together = new List<LogFile>();
            while (toSync.Reader.TryRead(out var file))
                together.Add(file);
            var folders = new FolderSyncs();
            Parallel.ForEach(together, new ParallelOptions { MaxDegreeOfParallelism = SyncedAtOnce }, file => file.Sync(folders));
        }
    }
}
