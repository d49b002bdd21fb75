using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Towpath.Protocol.Files;

namespace Towpath.Engine.Logs;

/// <summary>One log: what of it is written, and what of that is on disk. Thread-safe.</summary>
/// <param name="root">The folder of all logs; it is durable itself.</param>
internal sealed class LogFile(string path, string root)
{
    /// <summary>More is not written before it is synced. Hence a power cut leaves no more than this in doubt at the end.</summary>
    public const int MaxUnsynced = 4 << 20;
    private const long MaxSize = 1L << 30;
    private readonly System.Threading.Lock gate = new();
    private readonly System.Threading.Lock syncGate = new();
    private SafeFileHandle? handle;
    private TaskCompletionSource changed = NewSignal();
    private TaskCompletionSource? sync;
    private IReadOnlyList<string> newFolders = [];
    private bool isInherited;
    private bool loaded;
    private bool complete;
    private long size;
    private long next = 1;
    private (long Size, long Next) durable = (0, 1);

    /// <summary>Who is at work with it. Guarded by the store.</summary>
    public int Users { get; set; }

    public LogExtent Extent
    {
        get
        {
            lock (gate)
            {
                Load();
                return new(next, complete);
            }
        }
    }

    /// <summary>The number of the first line that is not on disk.</summary>
    public long DurableNext
    {
        get
        {
            lock (gate)
            {
                Load();
                return durable.Next;
            }
        }
    }

    /// <summary>Closes it when all of it is on disk: when nobody uses it, it may be forgotten then and looked at afresh later.</summary>
    public bool TryClose()
    {
        lock (gate)
        {
            if (sync is not null || durable.Size != size)
                return false;
            Close();
            return true;
        }
    }

    /// <summary>What may be read, and what to wait for when that is not enough.</summary>
    public (long Size, bool Complete, Task Changed) Watch()
    {
        lock (gate)
        {
            Load();
            return (size, complete, changed.Task);
        }
    }

    public SafeFileHandle OpenForReading() =>
        File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.None);

    /// <summary>Writes what is not there yet, as far as the room for unsynced bytes goes.</summary>
    /// <param name="enqueue">Called when somebody has to sync the log.</param>
    /// <returns>The task that ends when everything written is on disk, and how many of the lines were taken.</returns>
    /// <exception cref="LogException">The disk is full; nothing was written.</exception>
    public (Task Synced, int Taken) Append(long first, IReadOnlyList<LogRecord> lines, bool last, Action<LogFile> enqueue)
    {
        lock (gate)
        {
            Load();
            var buffer = new ArrayBufferWriter<byte>();
            var number = next;
            var taken = complete || first > next ? lines.Count : (int)Math.Min(next - first, lines.Count);
            for (; taken < lines.Count && size - durable.Size + buffer.WrittenCount + LogLineFormat.MaxLine <= MaxUnsynced; taken++)
                LogLineFormat.Write(buffer, number++, lines[taken]);
            var ends = last && !complete && taken == lines.Count && first + lines.Count == number;
            if (ends)
                LogLineFormat.WriteComplete(buffer, number);
            if (buffer.WrittenCount > 0)
            {
                Write(buffer.WrittenSpan);
                next = number;
                complete = ends;
                Signal();
            }

            return (RequestSync(enqueue), taken);
        }
    }

    /// <summary>Makes what is written durable, for all who wait for it by now.</summary>
    /// <param name="folders">Made after everything in this log that is waited for was written.</param>
    public void Sync(FolderSyncs folders)
    {
        // One at a time, because the last one closes the file.
        lock (syncGate)
        {
            TaskCompletionSource? waiting;
            (long, long) reached;
            lock (gate)
            {
                (waiting, sync) = (sync, null);
                reached = (size, next);
            }

            if (waiting is null)
                return;
            try
            {
                FlushToDisk(folders);
                lock (gate)
                {
                    if (size >= reached.Item1)
                        durable = reached;
                    if (complete && durable.Size == size)
                        Close();
                }

                waiting.SetResult();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                lock (gate)
                    Forget();
                waiting.SetException(new LogException($"The log {path} could not be made durable: {e.Message}", e));
            }
        }
    }

    public void Close()
    {
        lock (gate)
        {
            handle?.Dispose();
            handle = null;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task RequestSync(Action<LogFile> enqueue)
    {
        if (sync is null)
        {
            if (durable.Size == size && !isInherited)
                return Task.CompletedTask;
            sync = NewSignal();
            enqueue(this);
        }

        return sync.Task;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        if (size + bytes.Length > MaxSize)
            throw new LogException($"The log {path} is larger than {MaxSize >> 20} MiB, which is the limit.");
        try
        {
            Open();
            RandomAccess.Write(handle!, bytes, size);
            size += bytes.Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            CutBack();
            throw new LogException($"The log {path} cannot be written: {e.Message}", e);
        }
    }

    private void Open()
    {
        if (handle is not null)
            return;
        var folder = Path.GetDirectoryName(path)!;
        if (!File.Exists(path))
            newFolders = FoldersToSync(Directory.Exists);
        Directory.CreateDirectory(folder);
        handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
    }

    // Whoever brings lines does not wait for this.
    private void FlushToDisk(FolderSyncs folders)
    {
        SafeFileHandle? written;
        IReadOnlyList<string> toSync;
        lock (gate)
        {
            if (isInherited)
                Open();
            (written, toSync) = (handle, isInherited ? FoldersToSync(_ => false) : newFolders);
        }

        if (written is not null)
            RandomAccess.FlushToDisk(written);
        foreach (var folder in toSync)
            folders.Sync(folder);
        lock (gate)
            (newFolders, isInherited) = ([], false);
    }

    // A new name is durable only with the folder it is in, and so on upwards to the first that is durable itself.
    private List<string> FoldersToSync(Func<string, bool> isDurable)
    {
        var folders = new List<string>();
        for (var folder = Path.GetDirectoryName(path)!; ; folder = Path.GetDirectoryName(folder)!)
        {
            folders.Add(folder);
            if (folder == root || isDurable(folder))
                return folders;
        }
    }

    private void Load()
    {
        if (loaded)
            return;
        if (File.Exists(path))
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            var tail = LogScan.Tail(file);
            (size, next, complete) = (tail.Size, tail.Next, tail.Complete);
            if (size < RandomAccess.GetLength(file))
            {
                RandomAccess.SetLength(file, size);
                RandomAccess.FlushToDisk(file);
            }
        }

        // An earlier process may have died between writing and syncing.
        isInherited = size > 0;
        durable = (size, next);
        loaded = true;
    }

    // After a failed sync nobody knows what is on disk: what was not acknowledged is taken back, and its sender sends it again.
    private void Forget()
    {
        (size, next) = durable;
        complete = false;
        CutBack();
        Signal();
    }

    private void CutBack()
    {
        try
        {
            if (handle is not null)
                RandomAccess.SetLength(handle, size);
        }
        catch (IOException)
        {
            // Then it is written over, and whoever opens it meanwhile sees that it is torn.
        }
    }

    private void Signal()
    {
        var before = changed;
        changed = NewSignal();
        before.SetResult();
    }
}
