using System.Text.Json;
using Towpath.Core;
using Towpath.Core.Packages;
using Towpath.Core.Runs;
using Towpath.Protocol.Archives;

namespace Towpath.Engine.Packages;

/// <summary>What came of making a package.</summary>
/// <param name="Package">Set when it succeeded.</param>
/// <param name="Reason">One sentence when it did not; else empty.</param>
public sealed record PackageBuilt(Outcome Outcome, Package? Package, string Reason);

/// <summary>
/// Makes packages: an OCI artifact of two plain tar layers, <c>app</c> from the jobs' outputs and <c>deploy</c> from the
/// commit's tree. The same outputs and commit give the same digest on every machine and at any time.
/// </summary>
public sealed class PackageBuilder(PackageStore store, TreeArchiveLimits limits)
{
    /// <summary>The package of a run. Making it again gives the same one.</summary>
    /// <param name="repository">The bare repository that has the commit.</param>
    public Task<PackageBuilt> BuildAsync(StorePackage command, string repository, CancellationToken cancel) => ReportAsync(async () =>
    {
        var app = new Tree(limits);
        foreach (var part in command.Definition.Parts)
        {
            var output = command.Outputs.Find($"{part.Job}.{part.Output}")
                ?? throw new ArchiveException($"it wants the output '{part.Output}' of the job '{part.Job}', which left none.");
            await AddAsync(app, output.Archive, part.Name, cancel);
        }

        return await StoreAsync(app, repository, command.Commit, $"{command.Project}:run-{command.Run}", cancel);
    });

    /// <summary>A package whose app layer was built elsewhere and has been stored as a tar archive.</summary>
    /// <param name="repository">The bare repository that has the commit.</param>
    public Task<PackageBuilt> BuildUploadedAsync(
        string project,
        string commit,
        Digest archive,
        string repository,
        CancellationToken cancel) =>
        ReportAsync(async () =>
        {
            var app = new Tree(limits);
            await AddAsync(app, archive, "", cancel);
            return await StoreAsync(app, repository, commit, $"{project}:{commit}", cancel);
        });

    /// <summary>A stored package by the digest of its manifest; its layers are in the store, not verified.</summary>
    /// <exception cref="PackageException">It is not in the store, or is no package.</exception>
    /// <exception cref="DamagedPackageException">The manifest is not what the digest names.</exception>
    public Package Read(Digest digest)
    {
        using var stream = store.OpenVerified(digest);
        try
        {
            var manifest = JsonSerializer.Deserialize<OciManifest>(stream, OciJson.Options);
            return manifest is { ArtifactType: OciManifest.PackageType, Layers: [var app, var deploy] }
                ? new Package(digest, app.Digest, deploy.Digest, app.Size + deploy.Size)
                : throw new PackageException($"{digest.Short} is not a package.");
        }
        catch (JsonException e)
        {
            throw new PackageException($"{digest.Short} is not a package.", e);
        }
    }

    // What the content is to blame for is a failure; a broken disk, store or git is an error.
    private static async Task<PackageBuilt> ReportAsync(Func<Task<Package>> build)
    {
        try
        {
            return new(Outcome.Succeeded, await build(), "");
        }
        catch (ArchiveException e)
        {
            return new(Outcome.Failed, null, $"The package cannot be made: {e.Message}");
        }
        catch (Exception e) when (e is PackageException or IOException or UnauthorizedAccessException)
        {
            return new(Outcome.Errored, null, $"The package could not be stored: {e.Message}");
        }
    }

    private async Task AddAsync(Tree tree, Digest archive, string prefix, CancellationToken cancel)
    {
        await store.VerifyAsync(archive, cancel);
        await TarTree.AddAsync(tree, store.PathOf(archive), prefix, cancel);
    }

    private async Task<Package> StoreAsync(Tree app, string repository, string commit, string name, CancellationToken cancel)
    {
        if (app.Bytes == 0)
            throw new ArchiveException("it would be empty: the outputs it is made of hold no files, or only empty ones.");
        app.CheckLinks();
        var appLayer = await StoreLayerAsync("app", app, cancel);
        var deployLayer = await StoreDeployLayerAsync(repository, commit, cancel);
        if (!store.Contains(OciDescriptor.Empty.Digest))
            await store.PutBlobAsync(new MemoryStream("{}"u8.ToArray()), OciDescriptor.Empty.Digest, 2, cancel);

        var manifest = JsonSerializer.SerializeToUtf8Bytes(OciManifest.Of(appLayer, deployLayer, commit), OciJson.Options);
        var digest = await store.PutBlobAsync(new MemoryStream(manifest), null, manifest.Length, cancel);
        store.Index.Add(name, digest, manifest.Length);
        return new Package(digest, appLayer.Digest, deployLayer.Digest, appLayer.Size + deployLayer.Size);
    }

    private async Task<OciDescriptor> StoreDeployLayerAsync(string repository, string commit, CancellationToken cancel)
    {
        var temporary = store.NewFile();
        try
        {
            await CommitArchive.WriteAsync(repository, commit, temporary, limits, cancel);
            var tree = new Tree(limits);
            await TarTree.AddAsync(tree, temporary, "", cancel);
            tree.CheckLinks();
            return await StoreLayerAsync("deploy", tree, cancel);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private async Task<OciDescriptor> StoreLayerAsync(string title, Tree tree, CancellationToken cancel)
    {
        var (digest, size) = await store.PutAsync(target => tree.WriteAsync(target, root: false, cancel), expected: null);
        return OciDescriptor.Layer(title, digest, size);
    }
}
