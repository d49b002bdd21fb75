using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Packages;
using Towpath.Core.Pipelines;
using Towpath.Protocol.Archives;
using Towpath.Protocol.Failpoints;
using Towpath.Protocol.Files;

namespace Towpath.Agent.Jobs;

/// <summary>What a job said no to: one sentence for people.</summary>
internal sealed class JobRefusedException(string message) : Exception(message);

/// <summary>Carries outputs from one job's workspace to another's.</summary>
internal sealed class JobArchives(ArchiveStore store)
{
    /// <exception cref="IOException">An archive is damaged or cannot be reached.</exception>
    public async Task UnpackAsync(OrdinalMap<StoredOutput> inputs, string workspace, CancellationToken cancel)
    {
        foreach (var (name, input) in inputs)
        {
            try
            {
                await using var archive = new HashingStream(await store.OpenAsync(input.Archive, cancel));
                var to = TreeArchive.PathInside(workspace, input.Path);
                await TreeArchive.RestoreAsync(archive, to, TreeArchiveLimits.Default, cancel);
                if (Digest.Of(archive.Sha256) is var found && found != input.Archive)
                    throw new IOException($"the archive of output '{name}' is damaged: it is {found}, not {input.Archive}");
            }
            catch (ArchiveException problem)
            {
                throw new IOException($"output '{name}' could not be unpacked: {problem.Message}", problem);
            }
        }
    }

    /// <exception cref="JobRefusedException">The job did not make what it declares.</exception>
    public async Task<OrdinalMap<StoredOutput>> StoreAsync(JobDefinition job, Workspace workspace, CancellationToken cancel)
    {
        var stored = OrdinalMap<StoredOutput>.Empty;
        foreach (var (name, path) in job.Outputs)
        {
            var file = Path.Combine(workspace.Temporary, $".towpath-output-{Path.GetRandomFileName()}");
            try
            {
                var from = TreeArchive.PathInside(workspace.Folder, path);
                if (!Path.Exists(from))
                    throw new JobRefusedException($"output '{name}': '{path}' does not exist in the workspace of job '{job.Name}'");
                stored = stored.With(name, await StoreAsync(from, path, file, cancel));
            }
            catch (ArchiveException problem)
            {
                throw new JobRefusedException($"output '{name}': {problem.Message}");
            }
            finally
            {
                File.Delete(file);
            }
        }
        return stored;
    }

    private async Task<StoredOutput> StoreAsync(string from, string path, string file, CancellationToken cancel)
    {
        Digest digest;
        await using (var output = new HashingStream(new FileStream(file, FileMode.CreateNew, FileAccess.Write, FileShare.None, 64 * 1024)))
        {
            await TreeArchive.WriteAsync(from, output, TreeArchiveLimits.Default, cancel);
            digest = Digest.Of(output.Sha256);
        }
        Failpoint.Cross("output.packed");
        await store.StoreAsync(digest, file, cancel);
        Failpoint.Cross("output.stored");
        return new(digest, path);
    }
}
