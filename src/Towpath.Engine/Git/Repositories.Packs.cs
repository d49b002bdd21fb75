namespace Towpath.Engine.Git;

/// <content>Packs, put together and kept from it.</content>
public sealed partial class Repositories
{
    /// <summary>From here on looking for an object takes longer than putting the packs together now and then.</summary>
    private const int PacksAtMost = 50;

    /// <summary>Each is named by the commit that it keeps.</summary>
    private const string KeptRefs = "refs/towpath/kept";

    /// <summary>Younger ones may belong to a push that is not done.</summary>
    private const string PruneAfter = "2.weeks.ago";

    /// <summary>How long git may take to put packs together, or to collect.</summary>
    public TimeSpan TidyAtMost { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// Every push leaves a pack, and git looks through all of them: puts them together once there are many. Nothing is
    /// dropped, also not what no ref reaches any more. Calls for one project at a time do it once.
    /// </summary>
    /// <exception cref="GitException">Git could not do it; nothing is lost.</exception>
    public async Task TidyAsync(string project)
    {
        var packs = Path.Combine(PathOf(project), "objects", "pack");
        var isTidy = !Directory.Exists(packs) || Directory.EnumerateFiles(packs, "*.pack").Take(PacksAtMost).Count() < PacksAtMost;
        var packer = PackerOf(project);
        if (isTidy || !await packer.WaitAsync(TimeSpan.Zero))
            return;
        try
        {
            using var limit = new CancellationTokenSource(TidyAtMost);
            var (exitCode, _, errors) = await Surroundings.RunAsync(
                ["--git-dir", PathOf(project), "repack", "-d", "-n", "-q", "--geometric=2"], limit.Token);
            if (exitCode != 0)
                throw new GitException(errors.Trim());
        }
        finally
        {
            packer.Release();
        }
    }

    /// <summary>No pack of any project that is there now goes away until this is disposed; waits for those who remove some.</summary>
    public async Task<IDisposable> KeepPacksAsync(CancellationToken cancel)
    {
        var kept = new Kept();
        try
        {
            foreach (var folder in Directory.EnumerateDirectories(Folder, "*.git").Where(path => path != EmptyRepository))
            {
                var packer = PackerOf(Path.GetFileNameWithoutExtension(folder));
                await packer.WaitAsync(cancel);
                kept.Packers.Add(packer);
            }

            return kept;
        }
        catch
        {
            kept.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Removes objects that no ref and none of the commits reaches, and that are older than two weeks. The commits get refs of
    /// their own, hidden from clients, as a run's commit may be on no branch any more.
    /// </summary>
    /// <param name="kept">Those that are not in the repository are passed over.</param>
    /// <returns>False when somebody holds the packs: nothing was done.</returns>
    /// <exception cref="GitException">Git could not do it; nothing that is kept is lost.</exception>
    public async Task<bool> CollectAsync(string project, IReadOnlyList<string> kept, CancellationToken cancel)
    {
        var packer = PackerOf(project);
        if (!Exists(project) || !await packer.WaitAsync(TimeSpan.Zero, cancel))
            return !Exists(project);
        try
        {
            await KeepCommitsAsync(project, kept, cancel);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(TidyAtMost);
            // A reflog's entry keeps its commits; the push that wrote an entry is settled within the hour.
            await GitAsync(project, [
                "-c", "gc.reflogExpire=30.days.ago", "-c", "gc.reflogExpireUnreachable=30.days.ago", "-c", $"gc.pruneExpire={PruneAfter}",
                "gc", "--quiet", $"--prune={PruneAfter}",
            ], limit.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new GitException($"git was not done after {TidyAtMost.TotalMinutes:0} minutes.");
        }
        finally
        {
            packer.Release();
        }
    }

    private async Task KeepCommitsAsync(string project, IReadOnlyList<string> kept, CancellationToken cancel)
    {
        var missing = (await MissingAsync(project, kept, cancel)).ToHashSet(StringComparer.Ordinal);
        var wanted = kept.Where(commit => !missing.Contains(commit)).ToHashSet(StringComparer.Ordinal);
        var there = (await RefsAsync(project, [KeptRefs], cancel)).Select(found => found.Commit).ToHashSet(StringComparer.Ordinal);
        var changes = wanted.Except(there).Select(commit => $"update {KeptRefs}/{commit} {commit}\n")
            .Concat(there.Except(wanted).Select(commit => $"delete {KeptRefs}/{commit}\n"));
        await GitAsync(project, ["-c", "core.logAllRefUpdates=false", "update-ref", "--stdin"], cancel, string.Concat(changes));
    }

    private async Task GitAsync(string project, string[] arguments, CancellationToken cancel, string input = "")
    {
        var (exitCode, _, errors) = await Surroundings.RunAsync(["--git-dir", PathOf(project), .. arguments], cancel, input);
        if (exitCode != 0)
            throw new GitException(PlainText.Line(errors.Trim(), 300));
    }

    /// <summary>Refs below the prefixes, as they are now.</summary>
    /// <exception cref="GitException">Git cannot read the repository.</exception>
    public async Task<IReadOnlyList<(string Name, string Commit)>> RefsAsync(string project, IReadOnlyList<string> prefixes, CancellationToken cancel)
    {
        var (exitCode, output, errors) = await Surroundings.RunAsync(
            ["--git-dir", PathOf(project), "for-each-ref", "--format=%(objectname) %(refname)", .. prefixes], cancel);
        if (exitCode != 0)
            throw new GitException(errors.Trim());
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', 2)).Select(parts => (parts[1], parts[0]))];
    }

    /// <summary>Those of the objects that are not in the repository.</summary>
    /// <exception cref="GitException">Git cannot read the repository.</exception>
    public async Task<IReadOnlyList<string>> MissingAsync(string project, IReadOnlyList<string> objects, CancellationToken cancel)
    {
        if (objects.Count == 0)
            return [];
        var (exitCode, output, errors) = await Surroundings.RunAsync(
            ["--git-dir", PathOf(project), "cat-file", "--batch-check=%(objectname)"], cancel, string.Join('\n', objects) + "\n");
        if (exitCode != 0)
            throw new GitException(PlainText.Line(errors.Trim(), 300));
        return [.. output.Split('\n').Where(line => line.EndsWith(" missing", StringComparison.Ordinal)).Select(line => line.Split(' ')[0])];
    }

    /// <summary>Walks through all that the commits are made of.</summary>
    /// <returns>What git says is missing; null: nothing.</returns>
    public async Task<string?> UnreachedAsync(string project, IReadOnlyList<string> commits, CancellationToken cancel)
    {
        var (exitCode, _, errors) = await Surroundings.RunAsync(
            ["--git-dir", PathOf(project), "rev-list", "--objects", "--quiet", "--stdin"], cancel, string.Join('\n', commits) + "\n");
        return exitCode == 0 ? null : PlainText.Line(errors.Trim(), 300);
    }

    private SemaphoreSlim PackerOf(string project) => packing.GetOrAdd(project, _ => new SemaphoreSlim(1));

    private sealed class Kept : IDisposable
    {
        public List<SemaphoreSlim> Packers { get; } = [];

        public void Dispose() => Packers.ForEach(packer => packer.Release());
    }
}
