namespace Towpath.Agent;

internal static class RealPath
{
    /// <summary>The full path with every link on the way followed, as far as it exists; without a separator at its end.</summary>
    public static string Of(string path)
    {
        var full = Path.GetFullPath(path);
        var real = "/";
        foreach (var part in full.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, part);
            if (new FileInfo(real) is { LinkTarget: not null } link && link.ResolveLinkTarget(returnFinalTarget: true) is { } target)
                real = target.FullName == full ? target.FullName : Of(target.FullName);
        }
        return real;
    }
}
