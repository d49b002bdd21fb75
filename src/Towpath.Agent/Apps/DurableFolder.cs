using Towpath.Protocol.Files;

namespace Towpath.Agent.Apps;

/// <summary>Folders of which a power cut leaves no half.</summary>
internal static class DurableFolder
{
    /// <summary>Mode 0700, and on disk, with all that is above it.</summary>
    public static void Create(string path)
    {
        if (Directory.Exists(path))
            return;
        var parent = Path.GetDirectoryName(path)!;
        Create(parent);
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        DurableFile.SyncFolder(parent);
    }
}
