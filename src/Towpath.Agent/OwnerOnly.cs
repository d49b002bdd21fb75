namespace Towpath.Agent;

/// <summary>Files and folders that nobody but the agent's user can open.</summary>
internal static class OwnerOnly
{
    private const UnixFileMode Folder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public static string CreateFolder(string path)
    {
        Directory.CreateDirectory(path, Folder);
        return path;
    }
}
