namespace Towpath.Local;

/// <summary>Where Towpath keeps everything of one installation.</summary>
internal static class DataFolder
{
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>A Unix socket's path has at most 107 bytes; the longest below a data folder is <c>router/router.sock</c>.</summary>
    private const int LongestPath = 80;

    /// <param name="given">Of <c>--data</c>; null: TOWPATH_DATA, else the folder of the user.</param>
    /// <returns>A full path; nothing is created.</returns>
    public static string Resolve(string? given)
    {
        var path = NotEmpty(given) ?? NotEmpty(Environment.GetEnvironmentVariable("TOWPATH_DATA")) ?? Default();
        return Path.GetFullPath(path).TrimEnd('/') is { Length: > 0 } full ? full : "/";
    }

    /// <exception cref="ExitException">It cannot be.</exception>
    public static void Create(string path)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(path) > LongestPath)
        {
            throw ExitException.Usage(
                $"the data folder's path has more than {LongestPath} bytes, too many for the sockets in it: choose a shorter one with --data.");
        }

        try
        {
            Directory.CreateDirectory(path, OwnerOnly);
            foreach (var folder in (string[])["run", "logs"])
                Directory.CreateDirectory(Path.Combine(path, folder), OwnerOnly);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ExitException.Refused(
                $"the data folder '{path}' cannot be made ({e.Message.TrimEnd('.')}): choose another one with --data.");
        }
    }

    private static string Default()
    {
        var data = NotEmpty(Environment.GetEnvironmentVariable("XDG_DATA_HOME"))
            ?? Path.Combine(Home(), ".local", "share");
        return Path.Combine(data, "towpath");
    }

    /// <summary>Also one that is not there yet: for that the framework has no path, and the data would come to lie wherever one is.</summary>
    private static string Home() =>
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);

    private static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
