using Towpath.Protocol.Files;

namespace Towpath.Protocol.Archives;

/// <summary>Tells files from pipes, sockets and devices, which the framework does not; opening a pipe would wait forever.</summary>
public static class SpecialFile
{
    private const int DoNotFollow = 0x100;
    private const uint TypeOnly = 1;
    private const int ModeOffset = 28;
    private const int TypeMask = 0xF000;

    /// <summary>What it is, in words; null for a plain file, and where the system cannot tell.</summary>
    public static string? KindOf(FileInfo file)
    {
        // None of them has a size, so that the system is asked only about empty files.
        if (file.Length > 0 || FileStatus.Ask(file.FullName, DoNotFollow, TypeOnly) is not { } answer)
            return null;
        return (BitConverter.ToUInt16(answer, ModeOffset) & TypeMask) switch
        {
            0x1000 => "a named pipe",
            0x2000 or 0x6000 => "a device",
            0xC000 => "a socket",
            _ => null,
        };
    }
}
