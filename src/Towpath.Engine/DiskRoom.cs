using System.Globalization;

namespace Towpath.Engine;

/// <summary>How much room the data folder's disk has: below a floor nothing new is taken, so that what is under way can be finished.</summary>
/// <param name="probe">Bytes free for this process, and bytes in all.</param>
/// <param name="floor">In bytes; null: 64 MiB, on a small disk a hundredth of it.</param>
public sealed class DiskRoom(Func<(long Free, long Total)> probe, long? floor = null)
{
    private const long Usual = 64L << 20;
    private const int SmallPart = 100;

    public static DiskRoom Of(string folder, long? floor = null) => new(
        () =>
        {
            var drive = new DriveInfo(folder);
            return (drive.AvailableFreeSpace, drive.TotalSize);
        },
        floor);

    public DiskView Look()
    {
        var (free, total) = probe();
        var least = floor ?? Math.Min(Usual, total / SmallPart);
        var problem = $"The server's disk is nearly full ({Size(free)} are free, {Size(least)} have to stay free), so nothing new is taken: "
            + "make room there, then try again. What is under way goes on.";
        return new DiskView(free, total, least, free >= least ? null : problem);
    }

    private static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0 / 1024:0.#} MiB");
}

/// <summary>The disk of the data folder, in bytes.</summary>
/// <param name="Floor">What has to stay free.</param>
/// <param name="Problem">One sentence when nothing new is taken; else null.</param>
public sealed record DiskView(long Free, long Total, long Floor, string? Problem);
