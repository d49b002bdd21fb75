namespace Towpath.Engine.Packages;

/// <summary>Removes blobs that nobody needs, and never one that is stored again at the same moment or is held.</summary>
internal sealed class BlobRemoval(string folder)
{
    private readonly System.Threading.Lock gate = new();
    private int holds;

    /// <summary>Nothing is removed until it is disposed.</summary>
    public IDisposable Hold()
    {
        lock (gate)
            holds++;
        return new Holding(this);
    }

    public bool IsHeld
    {
        get
        {
            lock (gate)
                return holds > 0;
        }
    }

    /// <summary>Gives a whole file its name as a blob; from here on it is as old as it is.</summary>
    public void Put(string temporary, string blob)
    {
        lock (gate)
            File.Move(temporary, blob, overwrite: true);
    }

    /// <summary>What lies there now, with its size in bytes.</summary>
    public IEnumerable<(string Hex, long Size, DateTimeOffset Stored)> List() =>
        new DirectoryInfo(folder).EnumerateFiles().Select(file => (file.Name, file.Length, new DateTimeOffset(file.LastWriteTimeUtc)));

    /// <returns>False when it stays: it is held, or was stored again since.</returns>
    public bool TryRemove(string hex, DateTimeOffset storedBefore)
    {
        var path = Path.Combine(folder, hex);
        lock (gate)
        {
            if (holds > 0 || File.GetLastWriteTimeUtc(path) >= storedBefore)
                return false;
            File.Delete(path);
            return true;
        }
    }

    private sealed class Holding(BlobRemoval removal) : IDisposable
    {
        private bool isDisposed;

        public void Dispose()
        {
            lock (removal.gate)
            {
                removal.holds -= isDisposed ? 0 : 1;
                isDisposed = true;
            }
        }
    }
}
