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
        // Refs before objects: what they point to is there by then.
        var others = await repositories.RefsAsync(project.Name, ["refs/tags", "refs/notes"], cancel);
        var refs = project.Refs.Select(pair => (Name: pair.Key, Commit: pair.Value)).Concat(others).OrderBy(pair => pair.Name, StringComparer.Ordinal);
        var commits = runs.Where(run => run.Collected is null).ToLookup(run => run.Commit, run => run.Number);
        foreach (var missing in await repositories.MissingAsync(project.Name, [.. commits.Select(group => group.Key)], cancel))
        {
            foreach (var run in commits[missing])
                archive.Miss(project.Name, run, $"Commit {missing} is not in the repository of '{project.Name}'.");
        }

        await archive.AddAsync(prefix + "HEAD", Encoding.UTF8.GetBytes($"ref: {project.DefaultBranch ?? "refs/heads/main"}\n"), cancel);
        var packed = string.Concat(refs.Select(pair => $"{pair.Commit} {pair.Name}\n"));
        if (packed.Length > 0)
            await archive.AddAsync(prefix + "packed-refs", Encoding.UTF8.GetBytes(packed), cancel);
        foreach (var file in ObjectsIn(Path.Combine(folder, "objects")))
            await archive.AddFileAsync(prefix + Path.GetRelativePath(folder, file), file, cancel);
    }

    /// <summary>Packs that are complete, which their index says, and loose objects.</summary>
    private static IEnumerable<string> ObjectsIn(string objects)
    {
        var packs = Path.Combine(objects, "pack");
        foreach (var index in Directory.EnumerateFiles(packs, "pack-*.idx").ToList())
        {
            foreach (var part in PackParts.Select(part => Path.ChangeExtension(index, part)).Where(File.Exists))
                yield return part;
        }

        foreach (var loose in Directory.EnumerateDirectories(objects).Where(path => Path.GetFileName(path).Length == 2).ToList())
        {
            // A temporary file has a name of its own until it is whole.
            foreach (var file in Directory.EnumerateFiles(loose).Where(file => Path.GetFileName(file).All(char.IsAsciiHexDigitLower)).ToList())
                yield return file;
        }
    }
}
