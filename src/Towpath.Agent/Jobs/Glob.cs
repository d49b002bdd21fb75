using System.Text;
using System.Text.RegularExpressions;

namespace Towpath.Agent.Jobs;

/// <summary>
/// A pattern for paths with <c>/</c>: <c>*</c> and <c>?</c> within a name, <c>**</c> for any number of folders. Search goes
/// through no link, so that it ends, and finds nothing outside of its folder.
/// </summary>
internal sealed class Glob
{
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0, IgnoreInaccessible = true };
    private readonly Regex regex;
    private readonly string start;

    public Glob(string pattern)
    {
        var parts = pattern.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".").ToArray();
        start = string.Join('/', parts.Take(parts.Length - 1).TakeWhile(part => part.IndexOfAny(['*', '?']) < 0));
        var text = new StringBuilder("^");
        for (var index = 0; index < parts.Length; index++)
        {
            var last = index == parts.Length - 1;
            if (parts[index] == "**")
                text.Append(last ? ".*" : "(?:[^/]+/)*");
            else
                text.Append(NameRegex(parts[index])).Append(last ? "" : "/");
        }
        regex = new(text.Append('$').ToString(), RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
    }

    /// <summary>Paths of the files that match, relative to the folder, in ordinal order; those in <c>.git</c> are left out.</summary>
    public IEnumerable<string> FilesIn(string folder)
    {
        var from = new DirectoryInfo(folder);
        foreach (var part in start.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            from = new DirectoryInfo(Path.Combine(from.FullName, part));
            if (part == ".." || !from.Exists || from.LinkTarget is not null)
                return [];
        }
        return Search(from, start.Length == 0 ? "" : start + "/");
    }

    private static string NameRegex(string name) => Regex.Escape(name)
        .Replace("\\*", "[^/]*", StringComparison.Ordinal)
        .Replace("\\?", "[^/]", StringComparison.Ordinal);

    private IEnumerable<string> Search(DirectoryInfo folder, string prefix)
    {
        foreach (var entry in EntriesOf(folder))
        {
            if (entry is DirectoryInfo inner)
            {
                if (prefix.Length > 0 || inner.Name != ".git")
                {
                    foreach (var found in Search(inner, prefix + inner.Name + "/"))
                        yield return found;
                }
            }
            else if (regex.IsMatch(prefix + entry.Name))
            {
                yield return prefix + entry.Name;
            }
        }
    }

    private static IReadOnlyList<FileSystemInfo> EntriesOf(DirectoryInfo folder)
    {
        try
        {
            return [.. folder.EnumerateFileSystemInfos("*", Everything)
                .Where(entry => entry.LinkTarget is null).OrderBy(entry => entry.Name, StringComparer.Ordinal)];
        }
        catch (Exception problem) when (problem is DirectoryNotFoundException or PathTooLongException or ArgumentException)
        {
            // It lies deeper than a path can say, or its name is no UTF-8.
            return [];
        }
    }
}
