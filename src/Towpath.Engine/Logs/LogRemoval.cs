namespace Towpath.Engine.Logs;

/// <summary>The files of logs that go, on the disk.</summary>
internal sealed class LogRemoval
{
    /// <summary>No id of a log has a place that begins with a dot.</summary>
    private const string Aside = ".gone-";

    private readonly string folder;

    /// <summary>Removes what a removal left that a crash cut off.</summary>
    public LogRemoval(string folder)
    {
        this.folder = folder;
        foreach (var left in Directory.GetDirectories(folder, Aside + "*"))
            Directory.Delete(left, recursive: true);
    }

    public IEnumerable<(string Id, DateTimeOffset Written)> Below(string id)
    {
        var below = new DirectoryInfo(LogPath.FolderOf(folder, id));
        return below.Exists ? below.GetDirectories().Select(group => ($"{id}/{group.Name}", Written(group))) : [];
    }

    public (int Files, long Bytes) Measure(string id)
    {
        var below = new DirectoryInfo(LogPath.FolderOf(folder, id));
        var files = below.Exists ? below.GetFiles("*", SearchOption.AllDirectories) : [];
        return (files.Length, files.Sum(file => file.Length));
    }

    /// <summary>From here on nobody finds them, whatever happens.</summary>
    public string PutAside(string id)
    {
        var aside = Path.Combine(folder, Aside + Guid.NewGuid().ToString("N"));
        Directory.Move(LogPath.FolderOf(folder, id), aside);
        return aside;
    }

    private static DateTimeOffset Written(DirectoryInfo group) => new[] { group.LastWriteTimeUtc }
        .Concat(group.GetFiles().Select(file => file.LastWriteTimeUtc)).Max();
}
