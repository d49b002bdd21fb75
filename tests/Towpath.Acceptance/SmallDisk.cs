namespace Towpath.Acceptance;

/// <summary>A file system of its own, small enough to be full at any moment that a test chooses. Mounting takes root.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private SmallDisk()
    {
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("towpath-disk-").FullName;

    private string Filler => Path.Combine(Folder, "filler");

    public static async Task<SmallDisk> MountAsync(int megabytes)
    {
        var disk = new SmallDisk();
        (await Ran.Async("mount", ["-t", "tmpfs", "-o", $"size={megabytes}m,mode=700", "towpath-test", disk.Folder])).Expect(0);
        return disk;
    }

    /// <summary>Not a byte is left.</summary>
    public void Fill()
    {
        using var filler = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        foreach (var size in (int[])[1 << 20, 4096, 1])
        {
            try
            {
                while (true)
                    filler.Write(new byte[size]);
            }
            catch (IOException)
            {
                // Full for pieces of this size.
            }
        }
    }

    public void MakeRoom() => File.Delete(Filler);

    public async ValueTask DisposeAsync()
    {
        (await Ran.Async("umount", ["--lazy", Folder])).Expect(0);
        Directory.Delete(Folder);
    }
}
