using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using Towpath.Router.Forwarding;

namespace Towpath.Router.Sites;

/// <summary>
/// The files of one release, listed once when traffic moves to it. A request can only name what is in the list, so no path
/// leads out of the folder.
/// </summary>
internal sealed class Site
{
    private const int MostFiles = 200_000;

    private readonly FrozenDictionary<string, SiteFile> _files;

    private Site(FrozenDictionary<string, SiteFile> files) => _files = files;

    /// <summary>
    /// Lists the folder. Links to files inside of it are followed, links out of it and links to folders are not served, nor
    /// are names that begin with a dot (but for .well-known).
    /// </summary>
    /// <exception cref="IOException">The folder cannot be read or has more than 200 000 files; the message is for people.</exception>
    public static Site Open(string root, string release)
    {
        if (!Directory.Exists(root))
            throw new DirectoryNotFoundException($"The folder {root} does not exist.");

        var real = new DirectoryInfo(root).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? Path.GetFullPath(root);
        var files = new Dictionary<string, SiteFile>(StringComparer.Ordinal);
        Collect(new DirectoryInfo(real), "/", real.TrimEnd('/') + "/", release, files);
        return new Site(files.ToFrozenDictionary(StringComparer.Ordinal));
    }

    /// <exception cref="FileNotFoundException">A file of the list is no longer there; nothing was sent yet.</exception>
    public Task ServeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            return Refusal.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, "This site only has pages to read.");
        }

        var path = request.Path.Value is { Length: > 0 } given ? given : "/";
        if (_files.TryGetValue(path.EndsWith('/') ? path + "index.html" : path, out var file))
            return file.ServeAsync(context);

        if (_files.ContainsKey(path + "/index.html"))
        {
            context.Response.StatusCode = StatusCodes.Status301MovedPermanently;
            context.Response.Headers.Location = new PathString(path + "/").ToUriComponent() + request.QueryString.ToUriComponent();
            context.Response.Headers.CacheControl = "no-cache";
            return Task.CompletedTask;
        }

        return _files.TryGetValue("/404.html", out var missing)
            ? missing.ServeAsNotFoundAsync(context)
            : Refusal.WriteAsync(context, StatusCodes.Status404NotFound, "There is no such page.");
    }

    private static void Collect(DirectoryInfo folder, string prefix, string root, string release, Dictionary<string, SiteFile> files)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos())
        {
            if (entry.Name.StartsWith('.') && entry.Name != ".well-known")
                continue;

            if (entry is DirectoryInfo inner)
            {
                if (inner.LinkTarget is null)
                    Collect(inner, $"{prefix}{entry.Name}/", root, release, files);
                continue;
            }

            if (Real((FileInfo)entry, root) is not { } file)
                continue;
            if (files.Count == MostFiles)
                throw new IOException($"The folder {root} has more than {MostFiles} files: that is more than the router serves.");

            files.Add(prefix + entry.Name, new SiteFile(file.FullName, file.Length, release));
        }
    }

    /// <summary>The file itself, or the one that a link leads to; null when that is not a file below the root.</summary>
    private static FileInfo? Real(FileInfo file, string root)
    {
        if (file.LinkTarget is null)
            return file;

        return file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Exists: true } target && IsBelow(target, root) ? target : null;
    }

    /// <summary>The folders above the target may be links themselves, and lead out: each is looked at.</summary>
    private static bool IsBelow(FileInfo target, string root)
    {
        if (!target.FullName.StartsWith(root, StringComparison.Ordinal))
            return false;

        for (var folder = target.Directory; folder is not null && folder.FullName.Length >= root.Length; folder = folder.Parent)
        {
            if (folder.LinkTarget is not null)
                return false;
        }

        return true;
    }
}
