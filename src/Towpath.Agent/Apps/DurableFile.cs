namespace Towpath.Agent.Apps;

/// <summary>Replaces small files so that a crash or a power cut leaves the old content or the new one, never a part.</summary>
internal static class DurableFile
{
    /// <summary>Mode 0600.</summary>
    /// <exception cref="IOException">The disk is full or the folder is missing; the old content stands.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var folder = Path.GetDirectoryName(path)!;
        var next = path + ".next";
        File.Delete(next);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (var file = new FileStream(next, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
        Posix.SyncFolder(folder);
    }

    /// <summary>Mode 0700, and on disk.</summary>
    public static void CreateFolder(string path)
    {
        if (Directory.Exists(path))
            return;
        var parent = Path.GetDirectoryName(path)!;
        CreateFolder(parent);
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Posix.SyncFolder(parent);
    }
}
