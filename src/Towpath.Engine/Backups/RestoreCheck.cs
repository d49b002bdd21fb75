using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Packages;
using Towpath.Engine.Git;
using Towpath.Engine.Packages;
using Towpath.Engine.Views;
using Towpath.Protocol.Archives;

namespace Towpath.Engine.Backups;

/// <summary>Whether a restored project is whole: the digests say that the bytes are right, this that none is missing.</summary>
internal static class RestoreCheck
{
    /// <param name="gaps">What was lost already when the backup was made does not keep the rest from being restored.</param>
    /// <returns>What git misses and no gap says, as older versions did not look; null: nothing.</returns>
    /// <exception cref="BackupException">A package that the journal names is not there.</exception>
    public static async Task<string?> RunAsync(
        string name,
        ProjectState project,
        IReadOnlyList<RunView> runs,
        ValueList<BackupGap> gaps,
        Repositories repositories,
        PackageStore packages,
        CancellationToken cancel)
    {
        if (gaps.Any(gap => gap.Project == name && gap.Run is null))
            return null;
        var lost = gaps.Where(gap => gap.Project == name).Select(gap => gap.Run).ToHashSet();
        var kept = runs.Where(run => run.Collected is null && !lost.Contains(run.Number)).ToList();
        var commits = kept.Select(run => run.Commit).Concat(lost.Count == 0 ? project.Refs.Values : []).Distinct().ToList();
        var problem = commits.Count > 0 ? await repositories.UnreachedAsync(name, commits, cancel) : null;
        var reader = new PackageBuilder(packages, TreeArchiveLimits.Default);
        foreach (var run in kept.Where(run => run.Package is not null))
        {
            var package = reader.Read(Digest.Parse(run.Package!.Digest));
            if (!packages.Contains(package.App) || !packages.Contains(package.Deploy))
                throw new BackupException($"A layer of the package of run {run.Number} of '{name}' is not in this backup; use another one.");
        }

        return problem;
    }
}
