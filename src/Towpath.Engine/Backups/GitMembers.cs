using System.Text;
using Towpath.Core.Commits;
using Towpath.Engine.Git;
using Towpath.Engine.Views;

namespace Towpath.Engine.Backups;

/// <summary>
/// A project's repository as members of a backup: all its objects, its branches as the journal has them, its tags and notes.
/// A branch that is newer than the journal would look pushed and have no run; as it is, the next push brings it again.
/// </summary>
internal sealed class GitMembers(Repositories repositories, BackupArchive archive)
{
    private static readonly string[] PackParts = [".pack", ".rev", ".mtimes", ".keep", ".idx"];

    public async Task AddAsync(ProjectState project, IReadOnlyList<RunView> runs, CancellationToken cancel)
    {
        if (!repositories.Exists(project.Name))
        {
            if (runs.Count > 0)
                archive.Miss(project.Name, null, $"The repository of '{project.Name}' is not there.");
            return;
        }

        var folder = repositories.PathOf(project.Name);
        var prefix = $"{BackupPlaces.GitPrefix}{project.Name}.git/";
        IReadOnlyList<(string Name, string Commit)> others = [];
        try
        {
            // Refs before objects: what they point to is there by then.
            others = await repositories.RefsAsync(project.Name, ["refs/tags", "refs/notes"], cancel);
            await MissAsync(project, runs, cancel);
        }
        catch (GitException e)
        {
            archive.Miss(
                project.Name, null,
                $"Git cannot read the repository of '{project.Name}', whose tags may be missing now: {PlainText.Line(e.Message, 300)}");
        }

        var refs = project.Refs.Select(pair => (Name: pair.Key, Commit: pair.Value)).Concat(others).OrderBy(pair => pair.Name, StringComparer.Ordinal);
        await archive.AddAsync(prefix + "HEAD", Encoding.UTF8.GetBytes($"ref: {project.DefaultBranch ?? "refs/heads/main"}\n"), cancel);
        var packed = string.Concat(refs.Select(pair => $"{pair.Commit} {pair.Name}\n"));
        if (packed.Length > 0)
            await archive.AddAsync(prefix + "packed-refs", Encoding.UTF8.GetBytes(packed), cancel);
        foreach (var file in ObjectsIn(Path.Combine(folder, "objects")))
            await archive.AddFileAsync(prefix + Path.GetRelativePath(folder, file), file, cancel);
    }

    /// <summary>The restore walks as far as this does, or less: what it would stop at is named now.</summary>
    private async Task MissAsync(ProjectState project, IReadOnlyList<RunView> runs, CancellationToken cancel)
    {
        var commits = runs.Where(run => run.Collected is null).ToLookup(run => run.Commit, run => run.Number);
        var missing = await repositories.MissingAsync(project.Name, [.. commits.Select(group => group.Key)], cancel);
        foreach (var commit in missing)
        {
            foreach (var run in commits[commit])
                archive.Miss(project.Name, run, $"Commit {commit} is not in the repository of '{project.Name}'.");
        }

        var there = commits.Select(group => group.Key).Except(missing).ToHashSet(StringComparer.Ordinal);
        if (missing.Count == 0)
            there.UnionWith(project.Refs.Values);
        if (there.Count > 0 && await repositories.UnreachedAsync(project.Name, [.. there], cancel) is { } problem)
            archive.Miss(project.Name, null, $"The repository of '{project.Name}' is not whole: {problem}");
    }

    /// <summary>Packs that are complete, which their index says, and loose objects.</summary>
    private static IEnumerable<string> ObjectsIn(string objects)
    {
        var packs = Path.Combine(objects, "pack");
        foreach (var index in Directory.Exists(packs) ? Directory.GetFiles(packs, "pack-*.idx") : [])
        {
            foreach (var part in PackParts.Select(part => Path.ChangeExtension(index, part)).Where(File.Exists))
                yield return part;
        }

        foreach (var loose in Directory.Exists(objects) ? Directory.GetDirectories(objects, "??") : [])
        {
            // A temporary file has a name of its own until it is whole.
            foreach (var file in Directory.EnumerateFiles(loose).Where(file => Path.GetFileName(file).All(char.IsAsciiHexDigitLower)).ToList())
                yield return file;
        }
    }
}
