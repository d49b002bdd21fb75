using Towpath.Core.Packages;

namespace Towpath.Agent.Jobs;

/// <summary>Where jobs leave their outputs for others: the server's store, or a folder when there is no server.</summary>
public abstract class ArchiveStore
{
    /// <summary>Returns when the bytes are kept.</summary>
    /// <exception cref="IOException">They could not be.</exception>
    public abstract Task StoreAsync(Digest digest, string file, CancellationToken cancel);

    /// <exception cref="IOException">There is nothing with this digest, or it cannot be reached.</exception>
    public abstract Task<Stream> OpenAsync(Digest digest, CancellationToken cancel);
}

/// <summary>Keeps archives in a folder, named by their digests.</summary>
public sealed class FolderArchiveStore(string folder) : ArchiveStore
{
    public override Task StoreAsync(Digest digest, string file, CancellationToken cancel)
    {
        OwnerOnly.CreateFolder(folder);
        File.Copy(file, Path.Combine(folder, digest.Hex), overwrite: true);
        return Task.CompletedTask;
    }

    public override Task<Stream> OpenAsync(Digest digest, CancellationToken cancel) =>
        Task.FromResult<Stream>(File.OpenRead(Path.Combine(folder, digest.Hex)));
}
