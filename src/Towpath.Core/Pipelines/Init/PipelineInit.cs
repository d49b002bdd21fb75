namespace Towpath.Core.Pipelines.Init;

/// <summary>Looks at a repository and proposes its pipeline file: the knowledge behind <c>towpath init</c>.</summary>
public static class PipelineInit
{
    /// <param name="paths">The repository's files, relative to its root, in any order.</param>
    /// <param name="read">The text of one of them; null when it cannot be read.</param>
    /// <param name="isPortTaken">Whether a port is another's, so that the second project of a machine gets ports of its own.</param>
    /// <returns>A file that <see cref="PipelineFile.Parse"/> accepts, whatever the repository holds.</returns>
    public static InitProposal Propose(IEnumerable<string> paths, Func<string, string?> read, Func<int, bool> isPortTaken)
    {
        var listing = new RepositoryListing(paths, read);
        var recipe = DotnetRecipe.ForApp(listing)
            ?? NodeRecipe.For(listing)
            ?? StaticSiteRecipe.For(listing)
            ?? DotnetRecipe.ForTests(listing)
            ?? Unknown;
        var ports = InitPorts.Free(isPortTaken);
        return new(recipe.Text(ports), recipe.Serves && ports.Guess is { } guess ? [.. recipe.Guesses, guess] : recipe.Guesses);
    }

    private static Recipe Unknown { get; } = new()
    {
        Steps = [new("echo 'Write the commands that build and test the project here'")],
        Guesses =
        [
            "Nothing here looks like .NET, Node or a static site: fill in the steps, then add 'package', 'app' and 'environments' "
                + "as docs/pipeline-file.md says.",
        ],
    };
}

/// <param name="File">The text of towpath.yml.</param>
/// <param name="Guesses">A sentence for each thing that was concluded and may be wrong, for the person to check.</param>
public sealed record InitProposal(string File, ValueList<string> Guesses);
