namespace Towpath.Protocol.Files;

/// <summary>Folders at which a file system begins: nobody can rename or remove them.</summary>
public static class MountPoint
{
    private const int AttributesOffset = 8;
    private const int DeviceOffset = 136;
    private const ulong MountRoot = 0x2000;

    /// <returns>False also for what is not there, and where the system cannot tell.</returns>
    public static bool Is(string folder) =>
        FileStatus.Ask(folder) is { } here
        // The attribute also tells a folder of the same file system that is bound to this place; systems of before 2020 do not have it.
        && ((BitConverter.ToUInt64(here, AttributesOffset) & MountRoot) != 0
            || (FileStatus.Ask($"{folder}/..") is { } above && BitConverter.ToUInt64(here, DeviceOffset) != BitConverter.ToUInt64(above, DeviceOffset)));
}
