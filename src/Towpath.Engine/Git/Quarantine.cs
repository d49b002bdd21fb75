namespace Towpath.Engine.Git;

/// <summary>
/// Where git keeps a push's objects until the hooks agree: without it, they cannot be read in pre-receive. Values as git
/// gave them to the hook.
/// </summary>
public sealed record Quarantine(string Path, string ObjectFolder, string AlternateObjectFolders)
{
    internal IEnumerable<KeyValuePair<string, string>> Variables =>
    [
        new("GIT_QUARANTINE_PATH", Path),
        new("GIT_OBJECT_DIRECTORY", ObjectFolder),
        new("GIT_ALTERNATE_OBJECT_DIRECTORIES", AlternateObjectFolders),
    ];
}
