using System.Collections.Concurrent;
using Towpath.Protocol.Files;

namespace Towpath.Engine.Logs;

/// <summary>Syncs each folder once for many files that came into it before. Thread-safe.</summary>
internal sealed class FolderSyncs
{
    private readonly ConcurrentDictionary<string, Lazy<bool>> done = new(StringComparer.Ordinal);

    /// <exception cref="IOException">It cannot be made durable; whoever else waits for it hears the same.</exception>
    public void Sync(string folder) => _ = done.GetOrAdd(folder, static path => new(() =>
    {
        DurableFile.SyncFolder(path);
        return true;
    })).Value;
}
