using Towpath.Protocol.Failpoints;

namespace Towpath.Agent.Logs;

/// <summary>The logs that the server does not have whole yet, one file each.</summary>
public sealed class SpoolFolder
{
    // Nobody asked for them in this time: their server is gone, or has forgotten them.
    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);
    private readonly string folder;
    private readonly Lock gate = new();
    private readonly Dictionary<string, SpoolFile> spools = new(StringComparer.Ordinal);

    /// <summary>Opens what an earlier agent left there.</summary>
    public SpoolFolder(string folder, TimeProvider time)
    {
        this.folder = folder;
        OwnerOnly.CreateFolder(folder);
        foreach (var path in Directory.EnumerateFiles(folder))
        {
            var spool = time.GetUtcNow() - File.GetLastWriteTimeUtc(path) < Kept ? SpoolFile.Open(path) : null;
            if (spool is null)
                File.Delete(path);
            else
                Add(spool);
        }
    }

    /// <summary>Raised when some spool has more to read.</summary>
    public event Action? Grew;

    public IReadOnlyList<SpoolFile> All
    {
        get
        {
            lock (gate)
                return [.. spools.Values];
        }
    }

    public SpoolFile? Find(string command)
    {
        lock (gate)
            return spools.GetValueOrDefault(command);
    }

    /// <summary>Begins a command's log, or goes on with the one that was left unfinished.</summary>
    public LogWriter OpenLog(SpoolOwner owner, SecretMask mask, TimeProvider time, LogLimits? limits = null)
    {
        var spool = Find(owner.Command);
        if (spool is null || spool.IsComplete)
        {
            if (spool is not null)
                Forget(spool);
            spool = SpoolFile.Create(Path.Combine(folder, CommandFile.NameOf(owner.Command)), owner);
            Add(spool);
            Failpoint.Cross("spool.begun");
        }
        var file = spool;
        return new((_, at, channel, text) => file.Append(at, channel, text), mask, limits, time, file.Flush, file.Complete, file.Lines);
    }

    /// <summary>The server has all of it.</summary>
    public void Forget(SpoolFile spool)
    {
        lock (gate)
            spools.Remove(spool.Owner.Command);
        spool.Grew -= Ring;
        spool.Dispose();
        Failpoint.Cross("spool.forgetting");
        File.Delete(spool.Path);
        Failpoint.Cross("spool.forgotten");
    }

    private void Add(SpoolFile spool)
    {
        spool.Grew += Ring;
        lock (gate)
            spools[spool.Owner.Command] = spool;
    }

    private void Ring() => Grew?.Invoke();
}
