using System.Runtime.InteropServices;

namespace Towpath.Protocol.Files;

/// <summary>Small files that must be whole and still there after a power cut.</summary>
public static partial class DurableFile
{
    private const int CloseOnExec = 0x80000;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Replaces a file: readers, also after a crash, see the old content or the new one. On disk when it returns.</summary>
    /// <remarks>The content is first written beside it, as <c>NAME.new</c>; two writers of one file take turns outside of here.</remarks>
    /// <param name="mode">0600 unless told.</param>
    /// <exception cref="IOException">The disk is full or broken; the old content stands.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode = OwnerOnly)
    {
        var next = path + ".new";
        File.Delete(next);
        try
        {
            using (var file = new FileStream(next, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                BufferSize = 0,
                UnixCreateMode = mode,
            }))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            File.Move(next, path, overwrite: true);
        }
        catch
        {
            File.Delete(next);
            throw;
        }

        SyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Makes creations, renames and deletions in a folder durable; syncing the files alone does not.</summary>
    /// <exception cref="IOException">The system cannot do it.</exception>
    public static void SyncFolder(string folder) => Sync(folder, Fsync);

    /// <summary>Makes all that was written to the folder's file system durable: for many files, one wait instead of one each.</summary>
    /// <exception cref="IOException">The system cannot do it.</exception>
    public static void SyncFileSystem(string folder) => Sync(folder, SyncFs);

    private static void Sync(string folder, Func<int, int> sync)
    {
        // The framework opens no folders.
        var handle = Open(folder, OperatingSystem.IsLinux() ? CloseOnExec : 0);
        if (handle < 0)
            throw new IOException($"The folder '{folder}' cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}.");
        try
        {
            if (sync(handle) != 0)
                throw new IOException($"The folder '{folder}' cannot be synced: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
        finally
        {
            _ = Close(handle);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int handle);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFs(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
