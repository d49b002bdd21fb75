namespace Towpath.Bench.Machine;

/// <summary>A new folder for everything that a measurement writes; both sides lie in it, and it goes with the measurement.</summary>
internal sealed class Place : IAsyncDisposable
{
    private const string DiskSize = "8G";

    // What ext4 gives a disk of 128 GiB or more. That of a small disk is full every few hundred jobs, and all wait then.
    private const string JournalMebibytes = "1024";

    private readonly string folder;
    private readonly bool isMounted;

    private Place(string folder, bool isMounted)
    {
        this.folder = folder;
        this.isMounted = isMounted;
    }

    /// <summary>Short enough for the sockets in a data folder.</summary>
    public string Folder => isMounted ? Path.Combine(folder, "disk") : folder;

    /// <param name="onLoop">On an ext4 of its own, with a journal, in a file; only root can do that. Else in the temp folder.</param>
    public static async Task<Place> CreateAsync(bool onLoop, CancellationToken cancel)
    {
        var folder = Directory.CreateTempSubdirectory("tpb-").FullName;
        if (!onLoop)
            return new Place(folder, isMounted: false);
        try
        {
            var image = Path.Combine(folder, "disk.img");
            var disk = Directory.CreateDirectory(Path.Combine(folder, "disk")).FullName;
            await Shell.RunAsync("truncate", ["-s", DiskSize, image], cancel: cancel);
            // Whole from the start: otherwise the kernel goes on making it while it is measured.
            string[] whole = ["-E", "lazy_itable_init=0,lazy_journal_init=0"];
            await Shell.RunAsync("mkfs.ext4", ["-q", "-F", "-O", "has_journal", "-J", $"size={JournalMebibytes}", .. whole, image], cancel: cancel);
            await Shell.RunAsync("mount", ["-o", "loop", image, disk], cancel: cancel);
            return new Place(folder, isMounted: true);
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    public string At(string name) => Path.Combine(Folder, name);

    public async ValueTask DisposeAsync()
    {
        if (isMounted)
            await Shell.RunAsync("umount", [Folder]);
        Directory.Delete(folder, recursive: true);
    }
}
