using System.Globalization;
using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Engine.Git;
using Towpath.Engine.Journal;
using Towpath.Engine.Packages;
using Towpath.Engine.Settings;
using Towpath.Protocol.Files;

namespace Towpath.Engine.Backups;

/// <summary>What a restore brought back.</summary>
/// <param name="LostSecrets"><c>shop/production: NAME</c>: set, but not to be read without the keys.</param>
/// <param name="HasToken">False: the server makes a new one when it starts.</param>
public sealed record Restored(
    BackupSummary Backup, int Projects, int Runs, IReadOnlyList<RestoredEnvironment> Environments, IReadOnlyList<string> LostSecrets, bool HasToken);

/// <param name="LiveRun">What was live when the backup was made; null: nothing.</param>
public sealed record RestoredEnvironment(string Project, string Name, int? LiveRun);

/// <summary>
/// Makes a data folder of a backup: beside its place first, verified as a whole, and then put there with one rename. Killed at
/// any moment, it leaves no folder or the whole one.
/// </summary>
public sealed class BackupRestore
{
    private const string Suffix = ".restoring";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string target;
    private readonly BackupPlaces places;
    private readonly TimeProvider time;

    private BackupRestore(string data, TimeProvider time)
    {
        // A link to the folder stays one: what it leads to is made.
        var folder = new DirectoryInfo(Path.TrimEndingDirectorySeparator(Path.GetFullPath(data)));
        target = folder.LinkTarget is null ? folder.FullName : folder.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
        places = new BackupPlaces(target + Suffix);
        this.time = time;
    }

    /// <param name="keys">Those that were kept apart; null: only what the backup has.</param>
    /// <exception cref="BackupException">The folder is not empty or a mount point, or the backup is damaged, or of a newer version. Nothing was put into place.</exception>
    /// <exception cref="JournalException">The journal is of a newer version.</exception>
    /// <exception cref="IOException">The disk is full or broken, or the file cannot be read.</exception>
    public static Task<Restored> RunAsync(string file, string data, BackupKeys? keys, TimeProvider time, CancellationToken cancel) =>
        new BackupRestore(data, time).RunAsync(file, keys, cancel);

    private async Task<Restored> RunAsync(string file, BackupKeys? keys, CancellationToken cancel)
    {
        if (MountPoint.Is(target))
            throw new BackupException($"{target} is a mount point, which cannot be replaced: restore into a folder in it, as {Path.Combine(target, "towpath")}.");
        if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
            throw new BackupException($"{target} is not empty: restore into a new folder, or move this one away first.");
        RemoveLeftover();
        Directory.CreateDirectory(places.Data, OwnerOnly);
        try
        {
            using var alone = FolderClaim.Take(places.Data);
            var repositories = new Repositories(places.Git);
            var summary = await BackupReader.ReadAsync(file, name => Open(name, repositories), cancel);
            var packages = PackageStore.Open(places.Store);
            keys?.PutInto(places);
            var restored = await SettleAsync(summary, repositories, packages, cancel);
            DurableFile.SyncFileSystem(places.Data);
            PutIntoPlace();
            return restored;
        }
        catch
        {
            RemoveLeftover();
            throw;
        }
    }

    private FileStream Open(string name, Repositories repositories)
    {
        var path = places.Of(name);
        if (name.StartsWith(BackupPlaces.GitPrefix, StringComparison.Ordinal))
            MakeRepository(name, repositories);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, OwnerOnly);
        return new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            BufferSize = 1 << 16,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
    }

    private static void MakeRepository(string name, Repositories repositories)
    {
        var project = name.Split('/')[1];
        if (!project.EndsWith(".git", StringComparison.Ordinal) || ProjectName.Problem(project[..^4]) is not null)
            throw new InvalidDataException("it belongs to no project");
        repositories.Create(project[..^4]);
    }

    /// <summary>Everything that the journal names is there; then it learns that it was restored.</summary>
    private async Task<Restored> SettleAsync(BackupSummary summary, Repositories repositories, PackageStore packages, CancellationToken cancel)
    {
        using var journal = SqliteJournal.Open(places.Server);
        if (journal.LastSequence != summary.Header.Sequence)
            throw new BackupException($"The journal in the backup ends at event {journal.LastSequence}, and not at {summary.Header.Sequence}.");
        var contents = new BackupContents(journal);
        var letters = new List<Letter>();
        var environments = new List<RestoredEnvironment>();
        var (projects, count) = (0, 0);
        var reason = string.Create(
            CultureInfo.InvariantCulture,
            $"Restored from a backup of {summary.Header.At.UtcDateTime:yyyy-MM-dd HH:mm} UTC: look at what is live, then resume.");
        foreach (var name in contents.ProjectNames)
        {
            var project = contents.Project(name);
            var runs = contents.Runs(name).ToList();
            if (await RestoreCheck.RunAsync(name, project, runs, summary.Gaps, repositories, packages, cancel) is { } problem)
                summary = summary with { Gaps = summary.Gaps.Add(new BackupGap(name, null, $"The repository of '{name}' is not whole: {problem}")) };
            letters.Add(new Letter(StreamId.OfProject(name), new RestoreProject(AfterRestore.NumbersSkipped), null));
            var live = contents.Environments(name).ToDictionary(state => state.Name, state => state.Live?.Candidate.Run);
            foreach (var environment in contents.EnvironmentNames(project))
            {
                letters.Add(new Letter(StreamId.OfEnvironment(name, environment), new RestoreEnvironment(reason), null));
                environments.Add(new RestoredEnvironment(name, environment, live.GetValueOrDefault(environment)));
            }

            (projects, count) = (projects + 1, count + runs.Count);
        }

        contents.Tell(letters, time.GetUtcNow());
        return new Restored(summary, projects, count, environments, LostSecrets(), File.Exists(places.Of(BackupPlaces.TokenName)));
    }

    private List<string> LostSecrets()
    {
        // Asked for a value without any key, the store would make one.
        var hasKeys = BackupKeys.Read(places).Files.Keys.Any(name => name != BackupPlaces.TokenName);
        var secrets = SecretStore.Open(places.Server);
        return [.. from place in secrets.Places()
            let lost = hasKeys ? secrets.Reveal(place.Project, place.Environment, place.Names).Unreadable : place.Names
            from name in lost
            select $"{place.Project}/{place.Environment}: {name}"];
    }

    private void PutIntoPlace()
    {
        if (Directory.Exists(target))
            Directory.Delete(target);
        Directory.Move(places.Data, target);
        DurableFile.SyncFolder(Path.GetDirectoryName(target)!);
        foreach (var left in FolderClaim.FilesIn(target))
            File.Delete(left);
    }

    /// <summary>Of a restore that was killed. The claim says whether another one is at it.</summary>
    private void RemoveLeftover()
    {
        if (!Directory.Exists(places.Data))
            return;
        if (!FolderClaim.FilesIn(places.Data).Any(File.Exists) && Directory.EnumerateFileSystemEntries(places.Data).Any())
            throw new BackupException($"{places.Data} is in the way, and no restore left it there: move it away.");
        using (FolderClaim.Take(places.Data))
        {
            // The claim goes last: killed meanwhile, this leaves what the next one knows as a restore's.
            var claim = FolderClaim.FilesIn(places.Data);
            foreach (var left in Directory.GetFileSystemEntries(places.Data).Except(claim))
            {
                if (Directory.Exists(left))
                    Directory.Delete(left, recursive: true);
                else
                    File.Delete(left);
            }

            Directory.Delete(places.Data, recursive: true);
        }
    }
}
