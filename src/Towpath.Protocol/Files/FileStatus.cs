using System.Runtime.InteropServices;

namespace Towpath.Protocol.Files;

/// <summary>What statx(2) tells of a path and the framework does not.</summary>
internal static partial class FileStatus
{
    private const int CurrentFolder = -100;
    private const int Size = 256;

    /// <returns>The kernel's struct statx; null when there is no such path, and where the system cannot tell.</returns>
    public static byte[]? Ask(string path, int flags = 0, uint mask = 0)
    {
        var answer = new byte[Size];
        return OperatingSystem.IsLinux() && Statx(CurrentFolder, path, flags, mask, answer) == 0 ? answer : null;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, [Out] byte[] answer);
}
