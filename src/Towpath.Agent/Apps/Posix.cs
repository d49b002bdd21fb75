using System.Runtime.InteropServices;

namespace Towpath.Agent.Apps;

/// <summary>The few system calls that the framework does not offer.</summary>
internal static class Posix
{
    /// <summary>Puts all that was written to the file system of the folder on disk.</summary>
    /// <exception cref="IOException">The folder cannot be opened or synchronised.</exception>
    public static void SyncFileSystem(string path)
    {
        const int readOnlyCloseOnExec = 0x80000;
        var descriptor = open(path, readOnlyCloseOnExec);
        if (descriptor < 0)
            throw new IOException($"{path} cannot be opened (error {Marshal.GetLastPInvokeError()}).");
        try
        {
            if (syncfs(descriptor) != 0)
                throw new IOException($"{path} cannot be put on disk (error {Marshal.GetLastPInvokeError()}).");
        }
        finally
        {
            _ = close(descriptor);
        }
    }

#pragma warning disable SYSLIB1054, IDE1006 // Named as in the system's manual; source generation would ask for unsafe code.
    [DllImport("libc", SetLastError = true, BestFitMapping = false)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int syncfs(int descriptor);

    [DllImport("libc", SetLastError = true)]
    private static extern int close(int descriptor);
#pragma warning restore SYSLIB1054, IDE1006
}
