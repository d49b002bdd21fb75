using Towpath.Core.Packages;
using Towpath.Protocol.Archives;

namespace Towpath.Engine.Packages;

/// <summary>A file or a link in a layer of a package.</summary>
/// <param name="Path">From the layer's root, parts joined by <c>/</c>. Whoever made the package chose it: it may hold anything.</param>
/// <param name="Size">In bytes; 0 for a link.</param>
/// <param name="Target">Where a link leads, relative to its folder; null: it is a file.</param>
public sealed record LayerFile(string Path, long Size, bool Executable, string? Target);

/// <summary>
/// What is in a layer, as the headers of its archive say: nobody waits for gigabytes to read names. So nothing is verified here;
/// that is done whenever the bytes are used.
/// </summary>
/// <param name="Files">The first that were found, in order.</param>
/// <param name="Found">Files and links whose path holds what was looked for.</param>
/// <param name="Count">All files and links that were looked at.</param>
/// <param name="IsWhole">False: there was no time to look at the rest.</param>
public sealed record LayerListing(IReadOnlyList<LayerFile> Files, int Found, int Count, bool IsWhole)
{
    /// <summary>Files in a listing at most.</summary>
    public const int FilesAtMost = 1000;

    /// <summary>Characters that are looked for at most.</summary>
    public const int FindAtMost = 200;

    /// <summary>A layer of as many files as a package may have takes less, unless the disk is busy.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    private static readonly SemaphoreSlim Turn = new(1);

    /// <param name="find">A part of the path, in any case; empty: every file is found.</param>
    /// <exception cref="PackageException">The layer is not in the store, or cannot be read.</exception>
    public static async Task<LayerListing> ReadAsync(PackageStore store, Digest layer, string find, TimeProvider time, CancellationToken cancel)
    {
        // One at a time: who looks at packages must not take the machine away from those who build.
        if (!await Turn.WaitAsync(Longest, cancel))
            return new([], 0, 0, IsWhole: false);
        try
        {
            return await Task.Run(() => ReadNow(store, layer, find, time, cancel), cancel);
        }
        catch (Exception e) when (e is ArchiveException or FileNotFoundException or IOException or UnauthorizedAccessException)
        {
            throw new PackageException(
                e is FileNotFoundException ? PackageStore.Missing(layer).Message : $"The layer {layer.Short} cannot be listed: {e.Message}", e);
        }
        finally
        {
            Turn.Release();
        }
    }

    private static LayerListing ReadNow(PackageStore store, Digest layer, string find, TimeProvider time, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        var files = new List<LayerFile>();
        var (found, count) = (0, 0);
        foreach (var entry in TarTree.List(store.PathOf(layer)).Where(entry => entry is not TreeFolder))
        {
            cancel.ThrowIfCancellationRequested();
            if (time.GetElapsedTime(began) > Longest)
                return new(files, found, count, IsWhole: false);
            count++;
            if (!entry.Name.Contains(find, StringComparison.OrdinalIgnoreCase))
                continue;
            found++;
            if (files.Count < FilesAtMost)
                files.Add(FileOf(entry));
        }

        return new(files, found, count, IsWhole: true);
    }

    private static LayerFile FileOf(TreeEntry entry) => entry switch
    {
        TreeFile file => new(file.Name, file.Length, file.Executable, null),
        TreeLink link => new(link.Name, 0, false, link.Target),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
