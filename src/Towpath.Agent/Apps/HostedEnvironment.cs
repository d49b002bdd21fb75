using System.Collections.Concurrent;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;
using Towpath.Protocol.Router;

namespace Towpath.Agent.Apps;

/// <summary>
/// One environment on this machine: what should run there (on disk), what runs, and where the router sends requests. The
/// routes follow from the two and are never decided anywhere else, so that after any interruption applying them again is right.
/// </summary>
internal sealed partial class HostedEnvironment : IDisposable
{
    private readonly HostParts parts;
    private readonly HostedStateFile file;
    private readonly SemaphoreSlim turn = new(1);
    private readonly SemaphoreSlim routing = new(1);
    private readonly ConcurrentDictionary<InstanceKey, Instance> instances = [];

    /// <summary>The router's routes of this environment, as far as they are known. Under <see cref="routing"/>.</summary>
    private readonly Dictionary<string, Route> applied = [];
    private bool routesKnown;
    private bool closed;

    private HostedEnvironment(HostParts parts, string folder, HostedStateFile file, HostedState state)
    {
        this.parts = parts;
        this.file = file;
        Folder = folder;
        State = state;
        Home = Path.Combine(folder, "home");
        DurableFolder.Create(Home);
        DurableFolder.Create(Path.Combine(folder, "logs"));
        Events = new EventsFile(Path.Combine(folder, "events.log"), parts.Time);
    }

    public string Folder { get; }

    /// <summary>HOME of the apps and of the environment's steps: what they keep there stays from release to release.</summary>
    public string Home { get; }

    public HostedState State { get; private set; }

    public EventsFile Events { get; }

    /// <summary>One stage at a time; the supervision goes on beside it.</summary>
    public SemaphoreSlim Stage { get; } = new(1);

    /// <exception cref="InvalidDataException">What is on disk is damaged.</exception>
    public static HostedEnvironment Open(HostParts parts, string project, string environment)
    {
        var folder = parts.FolderOf(project, environment);
        DurableFolder.Create(folder);
        var file = new HostedStateFile(Path.Combine(folder, "state.json"), parts.Key, parts.Options.Crossing);
        var state = file.Read()
            ?? new HostedState(project, environment, ProcessTable.BootId(), [], OrdinalMap<AppTraffic>.Empty, null, null);
        return new HostedEnvironment(parts, folder, file, state);
    }

    public Instance? Find(InstanceKey key) => instances.GetValueOrDefault(key);

    public IEnumerable<Instance> InstancesOf(string release) => instances.Values.Where(instance => instance.Key.Release == release);

    public IEnumerable<Instance> InstancesWithoutOverlap() => instances.Values.Where(instance => !instance.App.Overlap);

    public ReleaseFolder FolderOf(ReleasePlan plan) => new(Path.Combine(Folder, "releases", plan.Release), plan.Package);

    public string LogOf(InstanceKey key) => Path.Combine(Folder, "logs", $"{key.Release}-{key.App}-{key.Index}.log");

    /// <summary>Makes the change durable; it holds when this returns.</summary>
    public async Task<HostedState> ChangeAsync(Func<HostedState, HostedState> change)
    {
        await turn.WaitAsync();
        try
        {
            return Change(change);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Starts an instance, unless it runs.</summary>
    /// <exception cref="IOException">It could not be started, or should not run any more.</exception>
    public async Task<Instance> StartAsync(InstanceKey key)
    {
        await turn.WaitAsync();
        try
        {
            return instances.TryGetValue(key, out var running) && running is { Standing: not InstanceStanding.Stopping, IsAlive: true }
                ? running
                : Launch(key);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Ends instances with all that they started: TERM, the app's stop timeout, KILL.</summary>
    public Task StopAsync(IEnumerable<Instance> stopped) => Task.WhenAll(stopped.Select(StopAsync));

    public async Task StopAsync(Instance instance)
    {
        instance.Standing = InstanceStanding.Stopping;
        // What was told to end is never adopted: killed before it has ended, the agent leaves a stray, which the next one ends.
        await NoteAsync(state => Unrecord(state, instance));
        var limit = instance.App.StopTimeout;
        parts.Options.Crossing("instance.ending");
        if (await instance.Tree.EndAsync(limit, parts.Time))
            Events.Note($"{instance.Key} did not end within {InstanceHealth.Seconds(limit)} s after TERM and was ended by KILL");
        parts.Options.Crossing("instance.ended");
        await ForgetAsync(instance);
    }

    /// <summary>Waits until the instance is well, on another port when the first was taken. Null, or why it is not.</summary>
    public async Task<string?> AwaitHealthyAsync(Instance instance, Action<string> say, CancellationToken cancel)
    {
        for (var secondTry = false; ; secondTry = true)
        {
            var isNews = instance.Standing == InstanceStanding.Starting;
            switch (await parts.Health.AwaitAsync(instance, cancel))
            {
                case HealthVerdict.Healthy { After: var after }:
                    await MarkHealthyAsync(instance);
                    if (isNews)
                        say($"{instance.Key.Name} is healthy after {InstanceHealth.Seconds(after)} s");
                    return null;
                case HealthVerdict.PortTaken { Reason: var taken } when !secondTry:
                    say($"{taken}; it is started again on another port");
                    await StopAsync(instance);
                    instance = await StartAsync(instance.Key);
                    break;
                case HealthVerdict.PortTaken { Reason: var taken }:
                    return taken + ".";
                case HealthVerdict.Unhealthy { Reason: var reason }:
                    return Tell(instance, reason, say);
            }
        }
    }

    /// <summary>Starts what does not run of a release and waits until all of it is well. Null, or why it is not.</summary>
    public async Task<string?> EnsureHealthyAsync(
        HostedRelease release, Func<ProcessApp, bool> which, Action<string> say, CancellationToken cancel)
    {
        try
        {
            var started = new List<Instance>();
            foreach (var key in KeysNow(release, which))
                started.Add(await StartAsync(key));
            var problems = await Task.WhenAll(started.Select(instance => AwaitHealthyAsync(instance, say, cancel)));
            return problems.FirstOrDefault(problem => problem is not null);
        }
        catch (IOException refused)
        {
            return refused.Message;
        }
    }

    /// <summary>Instances that the release should have now: not those that come later, one by one.</summary>
    public IEnumerable<InstanceKey> KeysNow(HostedRelease release, Func<ProcessApp, bool> which) =>
        from app in release.Processes.Where(which)
        from index in Enumerable.Range(0, app.Instances)
        where !app.Overlap || State.Rolling?.HoldsBack(release.Release, index) != true
        select new InstanceKey(release.Release, app.Name, index);

    public async Task MarkHealthyAsync(Instance instance)
    {
        if (instance.Standing != InstanceStanding.Starting)
            return;
        instance.Standing = InstanceStanding.Healthy;
        parts.Options.Crossing("instance.healthy");
        await NoteAsync(state => Record(state, instance));
    }

    public Task ForgetAsync(Instance instance) => NoteAsync(state =>
    {
        // Another one may have taken its place.
        instances.TryRemove(new(instance.Key, instance));
        return Unrecord(state, instance);
    });

    /// <summary>Nothing is written after this: the folder may belong to another agent then.</summary>
    public void Dispose()
    {
        turn.Wait();
        closed = true;
        turn.Release();
        Stage.Dispose();
    }

    private void ThrowIfClosed()
    {
        if (closed)
            throw new OperationCanceledException("The agent has ended.");
    }

    private async Task NoteAsync(Func<HostedState, HostedState> change)
    {
        await turn.WaitAsync();
        try
        {
            Note(change);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>
    /// What happened, unlike what is decided, holds even when it cannot be written: a full disk must not keep a crashed app down.
    /// The next write that succeeds has it; and a process that is on no disk is found by its mark.
    /// </summary>
    private void Note(Func<HostedState, HostedState> change)
    {
        ThrowIfClosed();
        var next = change(State);
        try
        {
            if (!next.Equals(State))
                file.Write(next);
        }
        catch (IOException full)
        {
            Events.Note($"The state could not be written: {full.Message}");
        }

        State = next;
    }

    private HostedState Change(Func<HostedState, HostedState> change)
    {
        ThrowIfClosed();
        var next = change(State);
        if (!next.Equals(State))
        {
            file.Write(next);
            State = next;
        }

        return State;
    }

    private static string Tell(Instance instance, string reason, Action<string> say)
    {
        var lines = instance.LastLines();
        if (lines.Count == 0)
            return reason + ".";
        say($"{reason}; the last lines of its log:");
        foreach (var line in lines)
            say($"  {instance.Key.Name} | {line}");
        return instance.IsAlive ? reason + "." : $"{reason}; the last line of its log: {Shortened(lines[^1])}";
    }

    private static string Shortened(string line) => line.Length > 200 ? line[..200] + "…" : line;

    /// <summary>Under the turn.</summary>
    private Instance Launch(InstanceKey key)
    {
        ThrowIfClosed();
        if (State.Find(key.Release) is not { } release || !State.Wanted().Contains(key))
            throw new IOException($"{key} should not run any more.");
        var app = release.Process(key.App);
        var folder = FolderOf(release.Plan).Of(app);
        if (!Directory.Exists(folder))
            throw new IOException($"The package has no folder '{app.Part}', in which {app.Name} runs.");
        var taken = instances.Values.Select(instance => instance.Port).OfType<int>().ToHashSet();
        int? port = release.Listen.ContainsKey(app.Name) ? parts.Options.NextPort(taken) : null;
        var mark = parts.NewMark(State.Project, State.Environment, key);
        var environment = ReleaseEnvironment.Of(release.Plan, release.Secrets, Home);
        ReleaseEnvironment.AddInstance(environment, key, port, mark);
        var log = LogOf(key);
        var logStart = File.Exists(log) ? new FileInfo(log).Length : 0;
        try
        {
            parts.Options.Crossing("instance.starting");
            // Killed between here and the record, the agent finds the process by its mark.
            var (process, identity) = InstanceStart.Start(app.Command, folder, environment, log);
            parts.Options.Crossing("instance.started");
            var instance = new Instance(key, app, port, new InstanceTree(identity, mark), process, log, logStart, healthy: false)
            {
                Since = parts.Time.GetTimestamp(),
                StartedAt = parts.Time.GetUtcNow(),
            };
            instances[key] = instance;
            Watch(instance);
            Note(state => Record(state, instance));
            return instance;
        }
        catch (IOException refused)
        {
            throw new IOException($"{key.Name} could not be started: {refused.Message}", refused);
        }
    }

    private static HostedState Unrecord(HostedState state, Instance instance) => state.Change(instance.Key.Release, release => release with
    {
        Instances = release.Instances.Where(each => each.Identity != instance.Tree.Leader).ToValueList(),
    });

    private static HostedState Record(HostedState state, Instance instance) => state.Change(instance.Key.Release, release => release with
    {
        Instances = release.Instances
            .Where(each => (each.App, each.Index) != (instance.Key.App, instance.Key.Index))
            .Append(instance.Stored)
            .OrderBy(each => each.App, StringComparer.Ordinal).ThenBy(each => each.Index)
            .ToValueList(),
    });
}
