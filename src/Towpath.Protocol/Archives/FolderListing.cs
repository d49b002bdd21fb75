namespace Towpath.Protocol.Archives;

/// <summary>Reads what is in a folder into a <see cref="Tree"/>; contents are opened when they are needed.</summary>
internal static class FolderListing
{
    private static readonly EnumerationOptions Everything = new()
    {
        AttributesToSkip = 0,
        IgnoreInaccessible = false,
        ReturnSpecialDirectories = false,
        MatchType = MatchType.Simple,
    };

    /// <exception cref="ArchiveException">Something in it cannot be archived.</exception>
    public static Tree Of(string folder, TreeArchiveLimits limits, CancellationToken cancel)
    {
        var tree = new Tree(limits);
        var todo = new Stack<(DirectoryInfo Folder, string Prefix)>([(new DirectoryInfo(folder), "")]);
        while (todo.TryPop(out var next))
        {
            cancel.ThrowIfCancellationRequested();
            foreach (var found in Children(next.Folder, next.Prefix))
            {
                if (next.Prefix.Length == 0 && found.Name == ".git")
                    continue;
                var name = Tree.NameOf(next.Prefix + found.Name);
                if (found.LinkTarget is { } target)
                {
                    tree.Add(new TreeLink(name, target));
                }
                else if (found is DirectoryInfo inner)
                {
                    tree.Add(new TreeFolder(name));
                    todo.Push((inner, name + "/"));
                }
                else
                {
                    tree.Add(FileAt(found.FullName, name));
                }
            }
        }

        tree.CheckLinks();
        return tree;
    }

    /// <exception cref="ArchiveException">It is not a file that can be archived.</exception>
    public static TreeFile FileAt(string path, string name)
    {
        var file = new FileInfo(path);
        if (SpecialFile.KindOf(file) is { } kind)
            throw new ArchiveException($"'{name}' is {kind}; only files, folders and links can be archived.");
        var executable = (file.UnixFileMode & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;
        return new(name, file.Length, executable, Open);

        FileStream Open() => new(path, new FileStreamOptions
        {
            Mode = FileMode.Open,
            Access = FileAccess.Read,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
            Options = FileOptions.SequentialScan,
        });
    }

    private static IReadOnlyList<FileSystemInfo> Children(DirectoryInfo folder, string prefix)
    {
        try
        {
            return [.. folder.EnumerateFileSystemInfos("*", Everything)];
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new ArchiveException($"The folder '{(prefix.Length == 0 ? folder.FullName : prefix)}' cannot be read: {e.Message}", e);
        }
    }
}
