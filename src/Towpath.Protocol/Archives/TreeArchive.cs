namespace Towpath.Protocol.Archives;

/// <summary>Trees as plain tar: the same tree gives the same bytes everywhere, and no archive writes outside of its folder.</summary>
public static class TreeArchive
{
    /// <summary>
    /// Archives what is in a folder (without a <c>.git</c> at its root), or one file under its own name. Kept are names,
    /// contents, whether a file is executable, and links that end inside; nothing else.
    /// </summary>
    /// <exception cref="ArchiveException">The path does not exist or is a link, or something in it cannot be archived.</exception>
    public static async Task WriteAsync(string folderOrFile, Stream output, TreeArchiveLimits limits, CancellationToken cancel)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folderOrFile));
        if (new FileInfo(path).LinkTarget is not null)
            throw new ArchiveException($"'{folderOrFile}' is a symbolic link; name what it leads to.");
        if (Directory.Exists(path))
        {
            await FolderListing.Of(path, limits, cancel).WriteAsync(output, root: true, cancel);
            return;
        }

        if (!File.Exists(path))
            throw new ArchiveException($"'{folderOrFile}' does not exist.");
        var tree = new Tree(limits);
        tree.Add(FolderListing.FileAt(path, Tree.NameOf(Path.GetFileName(path))));
        await tree.WriteAsync(output, root: false, cancel);
    }

    /// <summary>
    /// Unpacks any tar into a folder, which is created when it is missing. Reads the stream to its end. Nothing is written
    /// through links, not even through those that are in the folder already. When it fails, the folder holds a part.
    /// </summary>
    /// <exception cref="ArchiveException">
    /// The archive is damaged or over a limit, or holds an absolute path, one with <c>..</c>, a link that leads outside, or a device.
    /// </exception>
    public static Task ExtractAsync(Stream archive, string folder, TreeArchiveLimits limits, CancellationToken cancel) =>
        new TreeExtraction(folder, limits).RunAsync(archive, cancel);

    /// <summary>
    /// Puts what <see cref="WriteAsync"/> archived at <paramref name="path"/>: the contents of a folder into that folder,
    /// a file as that file (over one that is there).
    /// </summary>
    /// <exception cref="ArchiveException">As <see cref="ExtractAsync"/>.</exception>
    public static Task RestoreAsync(Stream archive, string path, TreeArchiveLimits limits, CancellationToken cancel) =>
        TreeExtraction.At(path, limits).RunAsync(archive, cancel);

    /// <summary>
    /// The full path of something named relative to a folder, such as a job's output in its workspace. No part of it, up to the
    /// first that does not exist, is a link: a job could lead the agent with one to what the job itself may not read.
    /// </summary>
    /// <exception cref="ArchiveException">The path is absolute, goes up, or goes through a link.</exception>
    public static string PathInside(string folder, string path)
    {
        var full = Path.GetFullPath(folder);
        foreach (var part in Tree.NameOf(path).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            full = Path.Combine(full, part);
            if (new FileInfo(full).LinkTarget is not null)
                throw new ArchiveException($"'{path}' goes through a symbolic link; name what it leads to.");
        }

        return full;
    }
}
