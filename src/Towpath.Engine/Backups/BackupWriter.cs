using System.Reflection;
using Towpath.Core;
using Towpath.Core.Packages;
using Towpath.Engine.Git;
using Towpath.Engine.Journal;
using Towpath.Engine.Packages;

namespace Towpath.Engine.Backups;

/// <summary>
/// Writes a backup while the server goes on. The journal is copied first, and its copy says what belongs to it: refs are
/// written as it has them, and of packages and logs comes what it names. So the backup is the state at one moment, and what
/// came later is not in it, whatever was copied after.
/// </summary>
public sealed class BackupWriter(SqliteJournal journal, Repositories repositories, PackageStore packages, BackupPlaces places, TimeProvider time)
    : IDisposable
{
    private const string WorkPrefix = "backup-";

    private readonly SemaphoreSlim one = new(1);

    public static string Version { get; } =
        typeof(BackupWriter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>True while no other backup is being written.</summary>
    public bool IsFree => one.CurrentCount > 0;

    /// <param name="target">Written from the beginning to the end; not closed.</param>
    /// <exception cref="BackupException">Another backup is being written.</exception>
    /// <exception cref="JournalException">The disk is full, or the journal is damaged.</exception>
    public async Task<BackupSummary> WriteAsync(Stream target, bool withKeys, CancellationToken cancel)
    {
        if (!await one.WaitAsync(TimeSpan.Zero, cancel))
            throw new BackupException("A backup is being written already: wait for its end.");
        var work = Path.Combine(places.Server, WorkPrefix + Guid.NewGuid().ToString("N"));
        try
        {
            RemoveLeftovers();
            using var packs = await repositories.KeepPacksAsync(cancel);
            using var blobs = packages.KeepBlobs();
            Directory.CreateDirectory(work, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var copy = Path.Combine(work, "journal.db");
            var at = time.GetUtcNow();
            journal.CopyTo(copy);
            return await WriteAsync(target, work, at, withKeys, cancel);
        }
        finally
        {
            if (Directory.Exists(work))
                Directory.Delete(work, recursive: true);
            one.Release();
        }
    }

    public void Dispose() => one.Dispose();

    private async Task<BackupSummary> WriteAsync(Stream target, string work, DateTimeOffset at, bool withKeys, CancellationToken cancel)
    {
        using var copied = SqliteJournal.Open(work);
        var header = new BackupHeader(BackupHeader.Current, Version, at, copied.LastSequence, withKeys);
        await using var archive = await BackupArchive.BeginAsync(target, header, cancel);
        await AddWhatItNamesAsync(archive, new BackupContents(copied), cancel);
        // After the secrets, so that every one of them has its key.
        await archive.AddFileAsync(BackupPlaces.SecretsName, places.Of(BackupPlaces.SecretsName), cancel);
        if (withKeys)
            await AddKeysAsync(archive, cancel);
        // With its last connection closed, the file is all there is of it.
        copied.Dispose();
        await archive.AddFileAsync(BackupPlaces.JournalName, Path.Combine(work, "journal.db"), cancel);
        return await archive.EndAsync(cancel);
    }

    private async Task AddWhatItNamesAsync(BackupArchive archive, BackupContents contents, CancellationToken cancel)
    {
        var git = new GitMembers(repositories, archive);
        var store = new PackageMembers(packages, archive);
        var logs = new LogMembers(places.Logs);
        foreach (var project in contents.ProjectNames)
        {
            var runs = contents.Runs(project).ToList();
            await git.AddAsync(contents.Project(project), runs, cancel);
            await store.AddAsync(project, runs, number => contents.Run(project, number), cancel);
            foreach (var (name, path) in logs.Of(project, runs, number => contents.Run(project, number), contents.Environments(project)))
                await archive.AddFileAsync(BackupPlaces.LogsPrefix + name, path, cancel);
        }

        await store.EndAsync(cancel);
    }

    private async Task AddKeysAsync(BackupArchive archive, CancellationToken cancel)
    {
        foreach (var (name, content) in BackupKeys.Read(places).Files)
            await archive.AddAsync(name, content, cancel);
    }

    /// <summary>Of a backup that was cut off with its process.</summary>
    private void RemoveLeftovers()
    {
        foreach (var left in Directory.EnumerateDirectories(places.Server, WorkPrefix + "*"))
            Directory.Delete(left, recursive: true);
    }
}
