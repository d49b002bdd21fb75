using System.Collections.Concurrent;
using System.Formats.Tar;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Runs;
using Towpath.Engine;
using Towpath.Engine.Backups;
using Towpath.Engine.Git;
using Towpath.Engine.Journal;
using Towpath.Engine.Logs;
using Towpath.Engine.Packages;
using Towpath.Engine.Retention;
using Towpath.Engine.Settings;
using Towpath.Protocol.Archives;
using Towpath.Server;
using Towpath.Server.Git;

namespace Towpath.Tests.Server;

/// <summary>
/// A server over a data folder with everything it keeps: real git, journal, packages, logs and secrets. Only the agents are
/// made up: their jobs leave an output and a log, and their stages a log.
/// </summary>
internal sealed class WorkingServer : IAsyncDisposable, IAdapters
{
    private readonly ConcurrentDictionary<string, CancellationTokenSource> under = [];
    private readonly PushResolution resolution;
    private readonly PackageBuilder builder;
    private readonly WebApplication web;
    private readonly GitGate gate;

    private WorkingServer(string data, TimeProvider time)
    {
        Places = new BackupPlaces(data);
        Time = time;
        Journal = SqliteJournal.Open(Places.Server);
        Packages = PackageStore.Open(Places.Store);
        Logs = new LogStore(Places.Logs, TimeProvider.System);
        Secrets = SecretStore.Open(Places.Server);
        Repositories = new Repositories(Places.Git);
        builder = new PackageBuilder(Packages, TreeArchiveLimits.Default);
        resolution = new PushResolution(Repositories, TimeProvider.System, NullLogger<PushResolution>.Instance);
        Plane = new ControlPlane(Journal, this, time, NullLoggerFactory.Instance);
        gate = new GitGate(Plane, Repositories, TimeProvider.System, NullLogger<GitGate>.Instance);
        Collector = new Collector(
            Plane, Packages, Logs, Repositories, InUse, Rules, time, NullLogger<Collector>.Instance);
        Backups = new BackupWriter(Journal, Repositories, Packages, Places, time);
        var host = WebApplication.CreateSlimBuilder();
        host.Logging.ClearProviders();
        host.WebHost.UseUrls("http://127.0.0.1:0");
        web = host.Build();
        web.MapGit(gate);
    }

    public BackupPlaces Places { get; }

    public TimeProvider Time { get; }

    public SqliteJournal Journal { get; }

    public PackageStore Packages { get; }

    public LogStore Logs { get; }

    public SecretStore Secrets { get; }

    public Repositories Repositories { get; }

    public ControlPlane Plane { get; }

    public BackupWriter Backups { get; }

    public RunsInUse InUse { get; } = new();

    /// <summary>Nothing is kept for its age: only what is needed.</summary>
    public static RetentionRules Rules { get; } = new(Runs: 2, Days: 0) { Young = TimeSpan.Zero };

    public Collector Collector { get; }

    public Steering Steering => new(Plane, new Inventory(Plane), InUse);

    /// <summary>True: the command stays under way, and nothing is answered.</summary>
    public Func<Command, bool> Keeps { get; set; } = _ => false;

    /// <summary>Every command that was begun, in order.</summary>
    public ConcurrentQueue<Command> Begun { get; } = [];

    public static CancellationToken Ended => TestContext.Current.CancellationToken;

    /// <param name="keeps">Known before the first command is begun.</param>
    public static async Task<WorkingServer> StartAsync(string data, TimeProvider? time = null, Func<Command, bool>? keeps = null)
    {
        var server = new WorkingServer(data, time ?? TimeProvider.System);
        server.Keeps = keeps ?? server.Keeps;
        server.gate.Start();
        server.Plane.Start(server.Time.GetUtcNow());
        await server.web.StartAsync(Ended);
        return server;
    }

    public string AddressOf(string project) => $"{web.Urls.First()}/git/{project}.git";

    public async Task<string> BackupAsync(string file, bool withKeys = false)
    {
        await using var target = File.Create(file);
        await Backups.WriteAsync(target, withKeys, Ended);
        return file;
    }

    public Task GoesLiveAsync(string environment, int run, string project = "shop") => Eventually.That(
        () => Plane.Environment(project, environment) is { Active: null, Live.Candidate.Run: var live } && live == run,
        $"run {run} is live in {environment}", TimeSpan.FromSeconds(30));

    public Task RunEndsAsync(int run, string project = "shop") => Eventually.That(
        () => Plane.Run(project, run) is { IsOver: true }, $"run {run} ends", TimeSpan.FromSeconds(30));

    public void Begin(Command command)
    {
        Begun.Enqueue(command);
        var cancel = new CancellationTokenSource();
        if (!under.TryAdd(command.Id, cancel) || Keeps(command))
            return;
        _ = Task.Run(() => AnswerAsync(command, cancel.Token));
    }

    public void Cancel(string commandId)
    {
        if (under.TryRemove(commandId, out var cancel))
            cancel.Cancel();
    }

    /// <summary>What was kept is answered now.</summary>
    public void Release()
    {
        Keeps = _ => false;
        foreach (var command in Begun.Where(command => under.ContainsKey(command.Id)))
            _ = Task.Run(() => AnswerAsync(command, CancellationToken.None));
    }

    public async ValueTask DisposeAsync()
    {
        await web.DisposeAsync();
        gate.Dispose();
        foreach (var cancel in under.Values)
            await cancel.CancelAsync();
        await Plane.DisposeAsync();
        await Logs.DisposeAsync();
        Backups.Dispose();
        Collector.Dispose();
        InUse.Dispose();
        Journal.Dispose();
    }

    private async Task AnswerAsync(Command command, CancellationToken cancel)
    {
        switch (command)
        {
            case ResolvePush push:
                await resolution.SettleAsync(push, Plane.Loop, cancel);
                break;
            case RunJob job:
                Plane.Loop.Post(StreamId.OfCommand(job.Id), new AttemptTaken(job.Id, "local"));
                await LogAsync(job.Id, $"building {job.Commit}");
                Plane.Loop.Post(StreamId.OfCommand(job.Id), new AttemptAnswered(job.Id, await OutputsOfAsync(job)));
                break;
            case StorePackage store:
                var built = await builder.BuildAsync(store, Repositories.PathOf(store.Project), cancel);
                Plane.Loop.Post(StreamId.OfCommand(store.Id), new PackageAnswered(store.Id, built.Outcome, built.Package, built.Reason));
                break;
            default:
                await LogAsync(command.Id, $"doing {command.Id}");
                Plane.Loop.Post(StreamId.OfCommand(command.Id), new StageAnswered(command.Id, Outcome.Succeeded, ""));
                break;
        }
    }

    private async Task<JobEnded> OutputsOfAsync(RunJob job)
    {
        var outputs = OrdinalMap<StoredOutput>.Empty;
        foreach (var (name, path) in job.Job.Outputs)
        {
            using var bytes = new MemoryStream();
            await using (var tar = new TarWriter(bytes, leaveOpen: true))
            {
                await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "shop.txt")
                {
                    DataStream = new MemoryStream(Encoding.UTF8.GetBytes($"run {job.Run} at {job.Commit}\n")),
                });
            }

            bytes.Position = 0;
            var digest = await Packages.PutBlobAsync(bytes, null, 1 << 20, CancellationToken.None);
            outputs = outputs.With(name, new StoredOutput(digest, path));
        }

        return new JobEnded(Outcome.Succeeded, "", ValueList<StepResult>.Empty, null, outputs);
    }

    private Task<long> LogAsync(string id, string line) =>
        Logs.AppendAsync(id, 1, [new LogRecord(1_700_000_000_000_000, 1, Encoding.UTF8.GetBytes(line))], complete: true, CancellationToken.None);
}
