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

    /// <summary>A log that begins with its first line; without one there is none. What a full disk does not take is left out.</summary>
    public LogWriter OpenLogForWords(SpoolOwner owner, SecretMask mask, TimeProvider time)
    {
        // One that an earlier agent left unfinished has to be ended.
        var file = Find(owner.Command) is { IsComplete: false } unfinished ? unfinished : null;
        return new(
            (_, at, channel, text) =>
            {
                var line = text.ToArray();
                Try(() => (file ??= Begin(owner)).Append(at, channel, line));
            },
            mask, null, time, () => Try(() => file?.Flush()), () => file?.Complete());

        static void Try(Action write)
        {
            try
            {
                write();
            }
            catch (IOException)
            {
                // These lines are not worth the measurement.
            }
        }
    }

    /// <summary>Begins a command's log, or goes on with the one that was left unfinished.</summary>
    public LogWriter OpenLog(SpoolOwner owner, SecretMask mask, TimeProvider time, LogLimits? limits = null)
    {
        var file = Begin(owner);
        return new((_, at, channel, text) => file.Append(at, channel, text), mask, limits, time, file.Flush, file.Complete, file.Lines);
    }

    private SpoolFile Begin(SpoolOwner owner)
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

        return spool;
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
