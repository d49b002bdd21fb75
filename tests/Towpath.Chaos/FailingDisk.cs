namespace Towpath.Chaos;

/// <summary>
/// A file system that can be made to fail under those who use it: ext4 in a file that is larger than the memory disk it lies on.
/// When that one is full, the kernel cannot write what was written to the other, and every sync ends with EIO. Takes root.
/// </summary>
internal sealed class FailingDisk : IAsyncDisposable
{
    private readonly string below = Directory.CreateTempSubdirectory("towpath-below-").FullName;

    private FailingDisk()
    {
    }

    /// <summary>Where the file system is mounted.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("towpath-disk-").FullName;

    private string Image => Path.Combine(below, "image");

    private string Filler => Path.Combine(below, "filler");

    public static async Task<FailingDisk> MountAsync()
    {
        var disk = new FailingDisk();
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=96m,mode=700", "towpath-chaos", disk.below);
        await RunAsync("truncate", "-s", "400M", disk.Image);
        await RunAsync("mkfs.ext4", "-q", "-F", disk.Image);
        await RunAsync("mount", "-o", "loop", disk.Image, disk.Folder);
        return disk;
    }

    public void Fail()
    {
        using var filler = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (var size in (int[])[1 << 20, 4096])
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

    /// <summary>What a person does: nobody uses it any more; it is checked, and mounted again.</summary>
    public async Task MendAsync()
    {
        await RunAsync("umount", Folder);
        File.Delete(Filler);
        // 1: it has mended something.
        var checkedWith = await Ran.Async("e2fsck", ["-f", "-y", Image], below);
        if (checkedWith.Code is not (0 or 1))
            throw new BrokenPromiseException($"the file system could not be mended: {checkedWith.Output}");
        await RunAsync("mount", "-o", "loop", Image, Folder);
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync("umount", "--lazy", Folder);
        await RunAsync("umount", "--lazy", below);
        Directory.Delete(Folder);
        Directory.Delete(below);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        var ran = await Ran.Async(program, arguments, Path.GetTempPath());
        if (ran.Code != 0)
            throw new BrokenPromiseException($"'{program} {string.Join(' ', arguments)}' failed (it takes root): {ran.Output.Trim()}");
    }
}
