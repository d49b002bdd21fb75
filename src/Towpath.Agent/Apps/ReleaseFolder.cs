using System.Security.Cryptography;
using Towpath.Core.Agents;
using Towpath.Core.Packages;
using Towpath.Core.Pipelines;
using Towpath.Protocol.Archives;
using Towpath.Protocol.Files;

namespace Towpath.Agent.Apps;

/// <summary>A release's package on disk: both layers, each complete or absent.</summary>
internal sealed class ReleaseFolder(string path, Package package)
{
    public string Path => path;

    /// <summary>What is run.</summary>
    public string App { get; } = System.IO.Path.Combine(path, "app-" + package.App.Short);

    /// <summary>Where the environment's own commands run.</summary>
    public string Deploy { get; } = System.IO.Path.Combine(path, "deploy-" + package.Deploy.Short);

    /// <summary>The folder that an app runs in or is served from.</summary>
    public string Of(AppDefinition app)
    {
        var part = app.Part.Length == 0 ? App : System.IO.Path.Combine(App, app.Part);
        return app is StaticApp { Root.Length: > 0 } site ? System.IO.Path.Combine(part, site.Root) : part;
    }

    /// <summary>Fetches, verifies and unpacks what is not there yet. A damaged layer leaves nothing behind.</summary>
    /// <exception cref="InvalidDataException">What was fetched is not what the package says, or is not a sound archive.</exception>
    /// <exception cref="IOException">It could not be fetched or written.</exception>
    public async Task CompleteAsync(FetchBlob fetch, Action<string> crossing, CancellationToken cancel)
    {
        if (Directory.Exists(App) && Directory.Exists(Deploy))
            return;
        DurableFolder.Create(path);
        foreach (var left in Directory.EnumerateFileSystemEntries(path, "*.part"))
            Remove(left);
        var layers = new[] { ("app", App, package.App), ("deploy", Deploy, package.Deploy) };
        var unpacked = new List<(string From, string To)>();
        foreach (var (name, folder, digest) in layers.Where(layer => !Directory.Exists(layer.Item2)))
        {
            await UnpackAsync(name, folder + ".part", digest, fetch, cancel);
            unpacked.Add((folder + ".part", folder));
        }

        // On disk before it has its name: after a power cut a folder with this name is whole.
        DurableFile.SyncFileSystem(path);
        foreach (var (from, to) in unpacked)
        {
            crossing("release.unpacked");
            Directory.Move(from, to);
        }

        DurableFile.SyncFolder(path);
        crossing("release.named");
    }

    public void Delete() => Remove(path);

    internal static void Remove(string path)
    {
        if (Directory.Exists(path))
        {
            // A process may write there just now: the next start of the agent removes what no release owns.
            FolderRemoval.Remove(path);
            return;
        }

        try
        {
            File.Delete(path);
        }
        catch (Exception left) when (left is IOException or UnauthorizedAccessException)
        {
            // As above.
        }
    }

    private async Task UnpackAsync(string layer, string folder, Digest digest, FetchBlob fetch, CancellationToken cancel)
    {
        var blob = System.IO.Path.Combine(path, digest.Short + ".part");
        try
        {
            await using (var file = new FileStream(blob, FileMode.Create, FileAccess.ReadWrite))
            {
                await fetch(digest, file, cancel);
                file.Position = 0;
                var found = Digest.Of(await SHA256.HashDataAsync(file, cancel));
                if (found != digest)
                {
                    throw new InvalidDataException(
                        $"The {layer} layer of package {package.Digest.Short} is damaged: "
                        + $"it should be {digest.Short} and what came is {found.Short}.");
                }

                file.Position = 0;
                await TreeArchive.ExtractAsync(file, folder, TreeArchiveLimits.Default, cancel);
            }

            // An empty layer has a folder too.
            Directory.CreateDirectory(folder);
        }
        catch (ArchiveException unsound)
        {
            Remove(folder);
            throw new InvalidDataException(
                $"The {layer} layer of package {package.Digest.Short} cannot be unpacked: {unsound.Message}", unsound);
        }
        finally
        {
            File.Delete(blob);
        }
    }
}
