namespace Towpath.Core.Pipelines.Init;

/// <summary>Files that are a site as they lie there.</summary>
internal static class StaticSiteRecipe
{
    private const int MostNames = 12;

    /// <summary>Starts of names that speak to those who work on the site, not to its visitors.</summary>
    private static readonly string[] ForItsAuthors = ["LICENSE", "README", "CONTRIBUTING", "CODE_OF_CONDUCT", "SECURITY"];

    private static readonly string[] Folders = ["public", "dist", "site", "www", "_site", "build", "html", "docs", "src"];

    public static Recipe? For(RepositoryListing listing)
    {
        if (listing.Has("index.html"))
            return AtRoot(listing);
        if (Folders.FirstOrDefault(folder => listing.Has($"{folder}/index.html")) is not { } found)
            return null;
        return new()
        {
            Steps = [new($"test -s {found}/index.html")],
            Package = found,
            Static = ".",
            VerifyPath = "/",
            Guesses = [$"{found}/index.html makes {found}/ a static site: the router serves it, nothing is built."],
        };
    }

    /// <summary>The site is copied out, so that what lies beside it (hidden files, this pipeline) is not served.</summary>
    private static Recipe AtRoot(RepositoryListing listing)
    {
        var names = listing.Paths.Select(path => path.Split('/')[0]).Distinct().Where(IsOfTheSite).ToList();
        var copy = names.Count <= MostNames
            ? $"rm -rf towpath-site && mkdir towpath-site && cp -R {string.Join(' ', names.Select(ShellWord.Of))} towpath-site/"
            : "rm -rf towpath-site && mkdir towpath-site && tar -c --exclude=./towpath-site --exclude='./.*' --exclude=./node_modules --exclude=./towpath.yml ."
                + " | tar -x -C towpath-site";
        return new()
        {
            Steps = [new("test -s index.html"), new(copy, "Only what belongs to the site; hidden files stay out.")],
            Package = "towpath-site",
            Static = ".",
            VerifyPath = "/",
            Guesses = ["index.html at the root makes the repository a static site: the router serves a copy of it, nothing is built."],
        };
    }

    private static bool IsOfTheSite(string name) =>
        name[0] != '.' && name != PipelineFile.Name && name != "towpath-site"
        && !ForItsAuthors.Any(start => name.StartsWith(start, StringComparison.OrdinalIgnoreCase));
}
