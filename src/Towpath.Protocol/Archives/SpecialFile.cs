using System.Runtime.InteropServices;

namespace Towpath.Protocol.Archives;

/// <summary>Tells files from pipes, sockets and devices, which the framework does not; opening a pipe would wait forever.</summary>
internal static partial class SpecialFile
{
    private const int CurrentFolder = -100;
    private const int DoNotFollow = 0x100;
    private const uint TypeOnly = 1;
    private const int ModeOffset = 28;
    private const int TypeMask = 0xF000;

    /// <summary>What it is, in words; null for a plain file, and where the system cannot tell.</summary>
    public static string? KindOf(FileInfo file)
    {
        // None of them has a size, so that the system is asked only about empty files.
        if (file.Length > 0 || !OperatingSystem.IsLinux())
            return null;
        var answer = new byte[256];
        if (Statx(CurrentFolder, file.FullName, DoNotFollow, TypeOnly, answer) != 0)
            return null;
        return (BitConverter.ToUInt16(answer, ModeOffset) & TypeMask) switch
        {
            0x1000 => "a named pipe",
            0x2000 or 0x6000 => "a device",
            0xC000 => "a socket",
            _ => null,
        };
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, [Out] byte[] answer);
}
