using System.Formats.Tar;

namespace Towpath.Protocol.Archives;

/// <summary>One archive on its way to disk.</summary>
internal sealed class TreeExtraction(string folder, TreeArchiveLimits limits)
{
    private readonly Tree tree = new(limits);
    private readonly HashSet<string> madeFolders = new(StringComparer.Ordinal);
    private string root = Path.GetFullPath(folder);

    // Set while it is open whether the archive is of a folder, or of the one file that belongs here.
    private string? fileOrFolder;

    /// <summary>Finds out from the archive whether the path is to become a folder or a file.</summary>
    public static TreeExtraction At(string path, TreeArchiveLimits limits)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return new(Path.GetDirectoryName(full) ?? full, limits) { fileOrFolder = full };
    }

    public async Task RunAsync(Stream archive, CancellationToken cancel)
    {
        try
        {
            await using var reader = new TarReader(archive, leaveOpen: true);
            while (await TarTree.NextAsync(reader, cancel) is { } entry)
            {
                var name = Tree.NameOf(entry.Name);
                if (fileOrFolder is not null)
                    name = Choose(entry, name);
                await TakeAsync(entry, name, cancel);
            }

            // The padding after the archive's end belongs to its digest: a verifying stream judges at its end.
            await archive.CopyToAsync(Stream.Null, cancel);
        }
        catch (Exception e) when (TarTree.IsDamage(e))
        {
            throw TarTree.Damaged(e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new ArchiveException($"The archive cannot be unpacked: {e.Message}", e);
        }

        tree.CheckLinks();
        Directory.CreateDirectory(root);
        foreach (var link in tree.Links)
            File.CreateSymbolicLink(Clear(link.Name), link.Target);
    }

    private string Choose(TarEntry entry, string name)
    {
        if (entry.EntryType is TarEntryType.GlobalExtendedAttributes)
            return name;
        var path = fileOrFolder!;
        fileOrFolder = null;
        if (name.Length == 0)
        {
            root = path;
            return name;
        }

        return Path.GetFileName(path);
    }

    private async Task TakeAsync(TarEntry entry, string name, CancellationToken cancel)
    {
        switch (entry.EntryType)
        {
            case TarEntryType.GlobalExtendedAttributes:
                break;
            case TarEntryType.Directory:
                tree.Add(new TreeFolder(name));
                MakeFolder(name);
                break;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                var file = new TreeFile(name, entry.Length, TarTree.IsExecutable(entry), () => File.OpenRead(PathOf(name)));
                tree.Add(file);
                await WriteAsync(file, entry.DataStream ?? Stream.Null, cancel);
                break;
            case TarEntryType.HardLink:
                var original = TarTree.HardLinked(tree, entry);
                tree.Add(original with { Name = name, Open = () => File.OpenRead(PathOf(name)) });
                await using (var content = original.Open())
                    await WriteAsync(original with { Name = name }, content, cancel);
                break;
            case TarEntryType.SymbolicLink:
                tree.Add(new TreeLink(name, entry.LinkName));
                break;
            default:
                throw TarTree.Refusal(entry);
        }
    }

    private async Task WriteAsync(TreeFile file, Stream content, CancellationToken cancel)
    {
        await using var target = new FileStream(Clear(file.Name), new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = TarTree.Mode(file.Executable),
        });
        await content.CopyToAsync(target, cancel);
    }

    /// <summary>The path of a file or link about to be made: its folder is there and no link, and nothing stands in its place.</summary>
    private string Clear(string name)
    {
        MakeFolder(Path.GetDirectoryName(name) ?? "");
        var path = PathOf(name);
        if (new DirectoryInfo(path) is { Exists: true, LinkTarget: null })
            throw new ArchiveException($"'{name}' cannot be unpacked: there is a folder of that name already.");
        File.Delete(path);
        return path;
    }

    private void MakeFolder(string name)
    {
        if (!madeFolders.Add(name))
            return;
        if (name.Length > 0)
            MakeFolder(Path.GetDirectoryName(name) ?? "");
        var there = new FileInfo(PathOf(name));
        if (name.Length > 0 && (there.LinkTarget is not null || there.Exists))
            throw new ArchiveException($"'{name}' cannot be unpacked: there is a file or link of that name already.");
        Directory.CreateDirectory(there.FullName);
    }

    private string PathOf(string name) => Path.Combine(root, name);
}
