using System.Text.Json;
using Microsoft.Extensions.Logging;
using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Packages;
using Towpath.Core.Runs;
using Towpath.Engine.Git;
using Towpath.Engine.Logs;
using Towpath.Engine.Packages;
using Towpath.Engine.Views;
using Towpath.Protocol.Failpoints;

namespace Towpath.Engine.Retention;

/// <summary>
/// Removes what nobody needs any more, at any moment, while everything goes on. A run is given up in the journal first, and
/// what belonged to it is removed after: a kill in between leaves something for the next time, and nothing half.
/// </summary>
public sealed class Collector(
    ControlPlane plane, PackageStore packages, LogStore logs, Repositories repositories, RunsInUse inUse, RetentionRules rules,
    TimeProvider time, ILogger<Collector> log)
    : IDisposable
{
    private readonly ControlPlane plane = plane;
    private readonly PackageStore packages = packages;
    private readonly LogStore logs = logs;
    private readonly Repositories repositories = repositories;
    private readonly RunsInUse inUse = inUse;
    private const int PageSize = 500;

    private readonly SemaphoreSlim one = new(1);

    public RetentionRules Rules => rules;

    /// <exception cref="Journal.JournalException">It could not be stored what is given up; nothing of that was removed.</exception>
    /// <exception cref="IOException">Something could not be removed; the next time goes on there.</exception>
    public async Task<CollectionSummary> RunAsync(bool dryRun, CancellationToken cancel)
    {
        await one.WaitAsync(cancel);
        try
        {
            var sweep = new Sweep(this, dryRun, time.GetUtcNow());
            await sweep.RunAsync(cancel);
            log.LogInformation(
                "Collected {Runs} runs, {Logs} logs, {Blobs} blobs: {Bytes} bytes{DryRun}",
                sweep.Runs, sweep.Logs, sweep.Blobs, sweep.Bytes, dryRun ? " would be free" : "");
            return new CollectionSummary(dryRun, sweep.Now, sweep.Runs, sweep.Logs, sweep.Blobs, sweep.Bytes, sweep.Notes);
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose() => one.Dispose();

    private IEnumerable<string> Streams(string prefix)
    {
        for (string? before = null; plane.Journal.List(prefix, PageSize, before) is { Count: > 0 } page; before = page[^1].Stream)
        {
            foreach (var row in page)
                yield return row.Stream;
        }
    }

    private IEnumerable<RunView> RunsOf(string project)
    {
        for (string? before = null; plane.Journal.List($"{project}/runs/", PageSize, before) is { Count: > 0 } page; before = page[^1].Stream)
        {
            foreach (var row in page)
                yield return JsonSerializer.Deserialize<RunView>(row.Summary, CoreJson.Options)!;
        }
    }

    private IEnumerable<EnvironmentState> EnvironmentsOf(string project) =>
        Streams($"{project}/environments/").Select(stream => plane.Environment(project, StreamId.Parse(stream).Environment!)).OfType<EnvironmentState>();

    /// <summary>One collection: first what is kept, then everything else.</summary>
    private sealed class Sweep(Collector collector, bool dryRun, DateTimeOffset now)
    {
        private readonly HashSet<Digest> kept = [];

        /// <summary>A job that is under way uploaded nothing before its run was queued.</summary>
        private DateTimeOffset before = now - collector.Rules.Young;

        public DateTimeOffset Now => now;

        public int Runs { get; private set; }

        public int Logs { get; private set; }

        public int Blobs { get; private set; }

        public long Bytes { get; private set; }

        public List<string> Notes { get; } = [];

        public async Task RunAsync(CancellationToken cancel)
        {
            foreach (var project in collector.Streams("").ToList())
            {
                var given = await GiveUpAsync(project);
                var runs = collector.RunsOf(project).ToList();
                RemoveLogs(project, runs.Where(run => run.Collected is not null).Select(run => run.Number).Concat(given));
                var keptRuns = runs.Where(run => run.Collected is null && !given.Contains(run.Number)).ToList();
                Keep(project, keptRuns);
                if (!dryRun)
                    await TidyAsync(project, keptRuns, cancel);
                Failpoint.Cross("collection.tidied");
            }

            RemoveBlobs();
            Failpoint.Cross("collection.ended");
        }

        /// <returns>The runs that are not kept from now on.</returns>
        private Task<HashSet<int>> GiveUpAsync(string project) => collector.inUse.WhileHeldAsync(async () =>
        {
            var needed = collector.EnvironmentsOf(project).SelectMany(RunsInUse.Of).ToHashSet();
            var old = collector.RunsOf(project).Skip(collector.Rules.Runs)
                .Where(run => run is { Collected: null, FinishedAt: { } end } && now - end >= collector.Rules.For && !needed.Contains(run.Number))
                .Select(run => run.Number).ToHashSet();
            if (!dryRun)
                await Task.WhenAll(old.Select(run => collector.plane.Loop.AskAsync(StreamId.OfRun(project, run), new CollectRun())));
            Failpoint.Cross("collection.given-up");
            Runs += old.Count;
            return old;
        });

        private void RemoveLogs(string project, IEnumerable<int> runs)
        {
            foreach (var run in runs)
                RemoveLog($"{project}/runs/{run}");
            foreach (var environment in collector.EnvironmentsOf(project))
            {
                // Those that the environment has forgotten; the log of a deployment that it knows can be asked for.
                var known = environment.Deployments.Count > 0 ? environment.Deployments[0].Number : environment.NextDeployment;
                foreach (var (id, written) in collector.logs.Below($"{project}/environments/{environment.Name}/deployments"))
                {
                    if (int.TryParse(id[(id.LastIndexOf('/') + 1)..], out var number) && number < known && now - written >= collector.Rules.For)
                        RemoveLog(id);
                }
            }
        }

        private void RemoveLog(string id)
        {
            if (collector.logs.Remove(id, dryRun) is not { } removed)
            {
                Notes.Add($"Somebody is reading the logs of {id}: they go the next time.");
                return;
            }

            Failpoint.Cross("collection.log-removed");
            Logs += removed.Files;
            Bytes += removed.Bytes;
        }

        /// <summary>The journal says what belongs to a run, not the store: a manifest there may be damaged.</summary>
        private void Keep(string project, IEnumerable<RunView> runs)
        {
            foreach (var run in runs.Where(run => run.Package is not null || run.FinishedAt is null).Select(row => collector.plane.Run(project, row.Number)!))
            {
                if (run.Package is { } package)
                    kept.UnionWith([package.Digest, package.App, package.Deploy]);
                if (run.IsOver)
                    continue;
                before = run.QueuedAt < before ? run.QueuedAt : before;
                kept.UnionWith(run.Jobs.SelectMany(job => job.Attempts).SelectMany(attempt => attempt.Outputs.Values).Select(output => output.Archive));
            }
        }

        private async Task TidyAsync(string project, List<RunView> runs, CancellationToken cancel)
        {
            try
            {
                var state = collector.plane.Project(project)!;
                var commits = runs.Select(run => run.Commit)
                    // A retry, or a package from elsewhere, takes the commit of any of these.
                    .Concat(state.Requests.Select(request => request.Commit))
                    .Concat(state.Pushes.Values.SelectMany(push => push.Changes).SelectMany(change => (string?[])[change.Old, change.New]).OfType<string>())
                    .Concat(collector.EnvironmentsOf(project).SelectMany(Commits));
                if (!await collector.repositories.CollectAsync(project, [.. commits.Distinct(StringComparer.Ordinal)], cancel))
                    Notes.Add($"The repository of {project} is being copied or put together: it is collected the next time.");
            }
            catch (GitException e)
            {
                Notes.Add($"The repository of {project} could not be collected: {e.Message}");
            }
        }

        private static IEnumerable<string> Commits(EnvironmentState environment) =>
            environment.Versions.Select(version => version.Candidate.Commit)
                .Concat(environment.Deployments.Select(deployment => deployment.Candidate.Commit));

        private void RemoveBlobs()
        {
            var (count, bytes, isHeld) = collector.packages.Collect(kept.Contains, before, dryRun);
            (Blobs, Bytes) = (count, Bytes + bytes);
            if (isHeld)
                Notes.Add("A backup is being written: packages are removed the next time.");
        }
    }
}
