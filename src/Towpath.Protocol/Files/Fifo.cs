using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Towpath.Protocol.Files;

/// <summary>Named pipes in the file system: how shell scripts talk to a process.</summary>
public static partial class Fifo
{
    /// <summary>Makes one that only the owner can open. What was at the path is gone.</summary>
    /// <exception cref="IOException">The file system has no room or no named pipes.</exception>
    public static void Create(string path)
    {
        File.Delete(path);
        if (MakeFifo(path, 0x180) != 0)
            throw new IOException($"The named pipe '{path}' cannot be made: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    /// <summary>Opens both ends, which waits for nobody. As long as it is open, the other side's open does not wait either.</summary>
    public static SafeFileHandle OpenBoth(string path) => File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);

    /// <summary>Opens the writing end; waits for a reader when there is none. Writing fails once the last reader is gone.</summary>
    public static SafeFileHandle OpenWrite(string path) => File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);

    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFifo(string path, uint mode);
}
