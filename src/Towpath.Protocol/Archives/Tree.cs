using System.Diagnostics;

namespace Towpath.Protocol.Archives;

/// <summary>
/// Files, folders and links that may be written below any folder without reaching outside of it: names are relative and
/// never go up, every name is one thing only, links end inside. What breaks a rule is refused when it is added.
/// </summary>
public sealed class Tree(TreeArchiveLimits limits)
{
    private const int MaxNameLength = 4096;
    private const int MaxHops = 40;
    private readonly Dictionary<string, TreeEntry> entries = new(StringComparer.Ordinal);
    private long bytes;

    /// <summary>Files, folders and links; folders that were only named as part of something's path count too.</summary>
    public int Count => entries.Count;

    /// <summary>Of the files' contents together.</summary>
    public long Bytes => bytes;

    public TreeEntry? Find(string name) => entries.GetValueOrDefault(name);

    /// <exception cref="ArchiveException">The entry breaks a rule or a limit.</exception>
    public void Add(TreeEntry entry)
    {
        if (entry is TreeFolder)
        {
            AddFolder(entry.Name);
            return;
        }

        if (entries.ContainsKey(entry.Name))
            throw new ArchiveException($"'{entry.Name}' is there twice.");
        if (ParentOf(entry.Name) is { } parent)
            AddFolder(parent);
        if (entry is TreeFile file && (bytes += file.Length) > limits.Bytes)
            throw new ArchiveException($"The files are larger than {limits.Bytes >> 20} MiB together; leave out what is not needed.");
        AddCounted(entry);
    }

    /// <summary>To be called when everything was added: a link may come before what it leads through.</summary>
    /// <exception cref="ArchiveException">A link leads outside or in circles.</exception>
    public void CheckLinks()
    {
        foreach (var link in Links)
            Follow(link);
    }

    public IEnumerable<TreeLink> Links => entries.Values.OfType<TreeLink>().OrderBy(link => link.Name, StringComparer.Ordinal);

    /// <summary>The same bytes for the same tree, on every machine and at any time. Links must have been checked.</summary>
    /// <param name="root">True to begin with an entry for the root, <c>./</c>, by which a folder's archive is known from a file's.</param>
    /// <exception cref="ArchiveException">A file is shorter than it was when it was added, or cannot be read.</exception>
    public async Task WriteAsync(Stream output, bool root, CancellationToken cancel)
    {
        var tar = new DeterministicTarWriter(output);
        if (root)
            await tar.WriteFolderAsync(".", cancel);
        foreach (var entry in entries.Values.OrderBy(SortKey, StringComparer.Ordinal))
        {
            switch (entry)
            {
                case TreeFolder:
                    await tar.WriteFolderAsync(entry.Name, cancel);
                    break;
                case TreeFile file:
                    await WriteFileAsync(tar, file, cancel);
                    break;
                case TreeLink link:
                    await tar.WriteLinkAsync(link.Name, link.Target, cancel);
                    break;
                default:
                    throw new UnreachableException();
            }
        }

        await tar.FinishAsync(cancel);
    }

    /// <summary>Makes a name as archives and people write it into a <see cref="TreeEntry.Name"/>; empty for the root itself.</summary>
    /// <exception cref="ArchiveException">It is absolute or goes up.</exception>
    public static string NameOf(string path)
    {
        if (path.StartsWith('/'))
            throw new ArchiveException($"'{path}' is an absolute path; only paths inside the tree are taken.");
        if (path.Length > MaxNameLength)
            throw new ArchiveException($"A path that begins with '{path[..60]}' is longer than {MaxNameLength} characters.");
        if (path.Contains('\0', StringComparison.Ordinal) || path.Contains('\uFFFD', StringComparison.Ordinal))
            throw new ArchiveException($"The name '{path}' is not valid UTF-8; rename it.");
        var parts = path.Split('/').Where(part => part is not ("" or ".")).ToArray();
        if (parts.Contains(".."))
            throw new ArchiveException($"'{path}' goes up with '..'; only paths inside the tree are taken.");
        return string.Join('/', parts);
    }

    private static async Task WriteFileAsync(DeterministicTarWriter tar, TreeFile file, CancellationToken cancel)
    {
        try
        {
            await using var content = file.Open();
            await tar.WriteFileAsync(file.Name, file.Executable, file.Length, content, cancel);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ArchiveException($"'{file.Name}' cannot be read: {e.Message}", e);
        }
        catch (EndOfStreamException e)
        {
            throw new ArchiveException($"'{file.Name}' became shorter while it was read; is something still writing to it?", e);
        }
    }

    // A folder sorts as its name and a slash, so that it comes right before what is in it.
    private static string SortKey(TreeEntry entry) => entry is TreeFolder ? entry.Name + "/" : entry.Name;

    private static string? ParentOf(string name) => name.LastIndexOf('/') is var slash and > 0 ? name[..slash] : null;

    private void AddFolder(string name)
    {
        for (var folder = name; folder is { Length: > 0 }; folder = ParentOf(folder))
        {
            if (!entries.TryGetValue(folder, out var earlier))
                AddCounted(new TreeFolder(folder));
            else if (earlier is TreeFolder)
                return;
            else
                throw new ArchiveException($"'{folder}' is there twice: as a folder, and as something else.");
        }
    }

    private void AddCounted(TreeEntry entry)
    {
        if (entries.Count >= limits.Entries)
            throw new ArchiveException($"There are more than {limits.Entries:N0} files and folders; leave out what is not needed.");
        entries.Add(entry.Name, entry);
    }

    // Walks as the system would, because a path that looks harmless may go through another link: with a/l -> "../..",
    // "a/l/x" is outside although it does not look so.
    private void Follow(TreeLink link)
    {
        var hops = 0;
        var here = new List<string>(link.Name.Split('/')[..^1]);
        var todo = new Stack<string>();
        Push(link.Target);
        while (todo.TryPop(out var part))
        {
            if (part is "" or ".")
                continue;
            if (part == "..")
            {
                if (here.Count == 0)
                    throw new ArchiveException($"The link '{link.Name}' -> '{link.Target}' leads outside of the tree.");
                here.RemoveAt(here.Count - 1);
                continue;
            }

            here.Add(part);
            if (entries.GetValueOrDefault(string.Join('/', here)) is not TreeLink next)
                continue;
            if (++hops > MaxHops)
                throw new ArchiveException($"The link '{link.Name}' -> '{link.Target}' leads in circles.");
            here.RemoveAt(here.Count - 1);
            Push(next.Target);
        }

        void Push(string target)
        {
            if (target.StartsWith('/'))
                throw new ArchiveException($"The link '{link.Name}' -> '{target}' leads outside of the tree.");
            foreach (var part in target.Split('/').Reverse())
                todo.Push(part);
        }
    }
}
