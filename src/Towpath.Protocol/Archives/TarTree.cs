using System.Formats.Tar;

namespace Towpath.Protocol.Archives;

/// <summary>How tar's entries become a tree's.</summary>
public static class TarTree
{
    /// <summary>Adds what is in a tar file below a folder of the tree; contents are read from the file when the tree is written.</summary>
    /// <param name="prefix">Empty for the tree's root.</param>
    /// <exception cref="ArchiveException">The archive is damaged, or holds something that a tree refuses.</exception>
    public static async Task AddAsync(Tree tree, string tarFile, string prefix, CancellationToken cancel)
    {
        try
        {
            await using var file = File.OpenRead(tarFile);
            await using var reader = new TarReader(file);
            while (await NextAsync(reader, cancel) is { } entry)
                Add(tree, tarFile, prefix, entry);
        }
        catch (Exception e) when (IsDamage(e))
        {
            throw Damaged(e);
        }
    }

    /// <summary>
    /// What is in a tar file, in its order, told by the headers alone: contents are passed over, and nothing is kept. Takes what
    /// <see cref="TreeArchive"/> writes, which has no hard links.
    /// </summary>
    /// <exception cref="ArchiveException">The archive is damaged, or holds something that a tree refuses.</exception>
    public static IEnumerable<TreeEntry> List(string tarFile)
    {
        using var file = new FileStream(tarFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new TarReader(file);
        while (Next(reader) is { } entry)
        {
            if (EntryOf(tarFile, Tree.NameOf(entry.Name), entry) is { } known)
                yield return known;
        }
    }

    /// <summary>Null at the end.</summary>
    /// <exception cref="ArchiveException">These bytes are no header.</exception>
    internal static async ValueTask<TarEntry?> NextAsync(TarReader reader, CancellationToken cancel)
    {
        try
        {
            return await reader.GetNextEntryAsync(copyData: false, cancel);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // A size that no file can have. Elsewhere these are mistakes of Towpath's own.
            throw Damaged(e);
        }
    }

    internal static ArchiveException Damaged(Exception error) => new($"The archive is damaged or not a tar archive: {error.Message}", error);

    /// <summary>What the framework throws at bytes that are no archive.</summary>
    internal static bool IsDamage(Exception error) =>
        error is InvalidDataException or EndOfStreamException or FormatException or OverflowException or NotSupportedException;

    internal static bool IsExecutable(TarEntry entry) =>
        (entry.Mode & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;

    internal static UnixFileMode Mode(bool executable)
    {
        const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        return executable ? Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute : Plain;
    }

    internal static TreeFile HardLinked(Tree tree, TarEntry entry, string prefix = "") =>
        tree.Find(Tree.NameOf(prefix + Tree.NameOf(entry.LinkName))) as TreeFile
        ?? throw new ArchiveException($"'{entry.Name}' is a hard link to '{entry.LinkName}', which is no file before it.");

    internal static ArchiveException Refusal(TarEntry entry) => new(
        $"'{entry.Name}' is of the kind {entry.EntryType}; only files, folders and links are taken.");

    private static void Add(Tree tree, string tarFile, string prefix, TarEntry entry)
    {
        var under = prefix.Length == 0 ? "" : prefix + "/";
        var name = Tree.NameOf(under + Tree.NameOf(entry.Name));
        if (entry.EntryType == TarEntryType.HardLink)
            tree.Add(HardLinked(tree, entry, under) with { Name = name });
        else if (EntryOf(tarFile, name, entry) is { } known)
            tree.Add(known);
    }

    /// <summary>Null for what is nothing in a tree.</summary>
    private static TreeEntry? EntryOf(string tarFile, string name, TarEntry entry)
    {
        switch (entry.EntryType)
        {
            case TarEntryType.GlobalExtendedAttributes:
                return null;
            case TarEntryType.Directory:
                return new TreeFolder(name);
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                var offset = entry.DataOffset;
                return new TreeFile(name, entry.Length, IsExecutable(entry), () => OpenAt(tarFile, offset));
            case TarEntryType.SymbolicLink:
                return new TreeLink(name, entry.LinkName);
            default:
                throw Refusal(entry);
        }
    }

    private static TarEntry? Next(TarReader reader)
    {
        try
        {
            return reader.GetNextEntry();
        }
        catch (Exception e) when (IsDamage(e) || e is InvalidOperationException or ArgumentException)
        {
            throw Damaged(e);
        }
    }

    private static FileStream OpenAt(string tarFile, long offset)
    {
        var file = new FileStream(tarFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        file.Position = Math.Max(0, offset);
        return file;
    }
}
