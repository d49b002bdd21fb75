using Towpath.Core;
using Towpath.Core.Packages;
using Towpath.Core.Runs;
using Towpath.Engine.Packages;
using Towpath.Engine.Views;

namespace Towpath.Engine.Backups;

/// <summary>The packages that the journal names, and what jobs left for later ones of runs that are not over.</summary>
internal sealed class PackageMembers(PackageStore store, BackupArchive archive)
{
    private readonly PackageBuilder reader = new(store, Protocol.Archives.TreeArchiveLimits.Default);

    /// <summary>What was added, and what is wrong with it; null: nothing.</summary>
    private readonly Dictionary<Digest, string?> added = [];

    public async Task AddAsync(string project, IReadOnlyList<RunView> runs, Func<int, RunState> open, CancellationToken cancel)
    {
        foreach (var run in runs.Where(run => run.Collected is null))
        {
            if (run.Package is { } package)
                await AddAsync(project, run.Number, Digest.Parse(package.Digest), cancel);
            if (run.FinishedAt is not null)
                continue;
            foreach (var output in open(run.Number).Jobs.SelectMany(job => job.Attempts).SelectMany(attempt => attempt.Outputs.Values))
                await AddBlobAsync(project, run.Number, output.Archive, cancel);
        }
    }

    /// <summary>The names of what was added.</summary>
    public Task EndAsync(CancellationToken cancel) => archive.AddAsync(BackupPlaces.IndexName, store.Index.Only(added.ContainsKey), cancel);

    private async Task AddAsync(string project, int run, Digest digest, CancellationToken cancel)
    {
        Package package;
        try
        {
            package = reader.Read(digest);
        }
        catch (Exception e) when (e is PackageException or DamagedPackageException)
        {
            archive.Miss(project, run, $"Its package cannot be read: {e.Message}");
            return;
        }

        foreach (var blob in (Digest[])[digest, package.App, package.Deploy])
            await AddBlobAsync(project, run, blob, cancel);
        if (store.Contains(OciDescriptor.Empty.Digest))
            await AddBlobAsync(project, run, OciDescriptor.Empty.Digest, cancel);
    }

    private async Task AddBlobAsync(string project, int run, Digest digest, CancellationToken cancel)
    {
        if (!added.TryGetValue(digest, out var problem))
        {
            var found = await archive.AddFileAsync(BackupPlaces.BlobsPrefix + digest.Hex, store.PathOf(digest), cancel);
            problem = found == digest.Hex ? null : $"The stored bytes {digest.Short} are {(found is null ? "missing" : "damaged")}.";
            added.Add(digest, problem);
        }

        if (problem is not null)
            archive.Miss(project, run, problem);
    }
}
