namespace Towpath.Core.Pipelines.Init;

/// <summary>What a repository holds, without what tools put there and without names that no command line should have to quote.</summary>
internal sealed class RepositoryListing
{
    private const int MostPaths = 50_000;
    private const int MostSources = 400;
    private const int LongestText = 400_000;

    private static readonly string[] Generated = ["node_modules", "bin", "obj", ".git", "vendor", "bower_components", ".next", "coverage"];

    private readonly Func<string, string?> read;

    public RepositoryListing(IEnumerable<string> paths, Func<string, string?> read)
    {
        this.read = read;
        Paths = paths
            .Where(path => path.Length is > 0 and < 500 && path[0] is not ('-' or '/' or '~'))
            .Where(path => !path.Any(letter => char.IsControl(letter) || letter == '\\'))
            .Where(path => !path.Split('/').Any(segment => segment is "" or "." or ".." || Generated.Contains(segment)))
            .Take(MostPaths)
            .Order(StringComparer.Ordinal)
            .ToValueList();
    }

    /// <summary>In ordinal order.</summary>
    public ValueList<string> Paths { get; }

    public bool Has(string path) => Paths.Contains(path);

    /// <summary>Empty when there is no such file.</summary>
    public string Text(string path) => Has(path) && read(path) is { } text ? text.Length > LongestText ? text[..LongestText] : text : "";

    /// <summary>Those nearest to the root first.</summary>
    public IEnumerable<string> WithExtension(params string[] extensions) =>
        Paths.Where(path => extensions.Any(extension => path.EndsWith(extension, StringComparison.OrdinalIgnoreCase)))
            .OrderBy(path => path.Count(letter => letter == '/'));

    /// <summary>The texts of a folder's sources, tests left out: they name addresses that the app does not have.</summary>
    public IEnumerable<string> Sources(string folder, params string[] extensions) =>
        WithExtension(extensions)
            .Where(path => folder.Length == 0 || path.StartsWith(folder + "/", StringComparison.Ordinal))
            .Where(path => !path.Contains("test", StringComparison.OrdinalIgnoreCase))
            .Where(path => !path.Contains("spec", StringComparison.OrdinalIgnoreCase))
            .Take(MostSources)
            .Select(Text);

    /// <summary>Empty for the root.</summary>
    public static string Folder(string path) => path.LastIndexOf('/') is var slash and >= 0 ? path[..slash] : "";

    public static string FileName(string path) => path[(path.LastIndexOf('/') + 1)..];
}
