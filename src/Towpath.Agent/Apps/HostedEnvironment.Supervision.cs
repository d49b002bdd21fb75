using System.Collections.Concurrent;
using System.Globalization;
using Towpath.Core;

namespace Towpath.Agent.Apps;

/// <content>Keeps what should run running.</content>
internal sealed partial class HostedEnvironment
{
    private static readonly TimeSpan LogPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RoutePause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(5);

    /// <summary>From a crash to the next start, by the number of crashes in a row.</summary>
    private static readonly TimeSpan[] BackOff =
    [
        TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2),
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30),
    ];

    private readonly ConcurrentDictionary<InstanceKey, Restarting> restarts = [];
    private readonly CancellationTokenSource closing = new();
    private volatile bool routesDirty;
    private Task routeWork = Task.CompletedTask;
    private long routesTried = long.MinValue / 2;
    private long logsSeen = long.MinValue / 2;

    public int RestartsOf(InstanceKey key) => restarts.TryGetValue(key, out var restarting) ? restarting.Crashes : 0;

    /// <summary>Takes over the instances that run, by pid and start time, and forgets those that do not, but for a candidate's.</summary>
    /// <returns>The marks of those that were taken over.</returns>
    public async Task<IReadOnlyList<string>> AdoptAsync()
    {
        var sameBoot = State.Boot == ProcessTable.BootId();
        foreach (var release in State.Releases)
        {
            foreach (var stored in release.Instances.Where(_ => sameBoot))
            {
                var isAlive = ProcessTable.IsAlive(stored.Identity);
                // A candidate that crashed while nobody looked has crashed: started again, it would be tried as if nothing had been.
                if (!isAlive && release.Role != ReleaseRole.Candidate)
                    continue;
                var key = new InstanceKey(release.Release, stored.App, stored.Index);
                var tree = new InstanceTree(stored.Identity, stored.Mark);
                var instance = new Instance(key, release.Process(stored.App), stored.Port, tree, null, LogOf(key), 0, stored.Healthy)
                {
                    Since = parts.Time.GetTimestamp(),
                    StartedAt = parts.Time.GetUtcNow() - ProcessTable.Age(stored.Identity),
                };
                if (!isAlive)
                    instance.Standing = InstanceStanding.Ended;
                instances[key] = instance;
            }
        }

        await NoteAsync(state => state with
        {
            Boot = ProcessTable.BootId(),
            Releases = state.Releases.Select(release => release with
            {
                Instances = release.Instances
                    .Where(stored => instances.ContainsKey(new InstanceKey(release.Release, stored.App, stored.Index)))
                    .ToValueList(),
            }).ToValueList(),
        });
        return [.. instances.Values.Where(instance => instance.Standing != InstanceStanding.Ended).Select(instance => instance.Tree.Mark)];
    }

    /// <summary>After the adoption: ends what should not run, starts what should, and sets the routes.</summary>
    public void BringUp()
    {
        var wanted = State.Wanted().ToHashSet();
        foreach (var instance in instances.Values.Where(instance => !wanted.Contains(instance.Key)))
        {
            // An agent that was killed while requests ended on a replaced release: they get their time now.
            var isReplaced = State.Find(instance.Key.Release) is { Role: ReleaseRole.Stopped };
            var isOneOfMany = State.Rolling?.From == instance.Key.Release;
            _ = isReplaced ? RetireAsync(instance.Key.Release) : Quietly(isOneOfMany ? LeaveAsync(instance, closing.Token) : StopAsync(instance));
        }

        // A candidate that went with the machine is started again too: its check will be asked again.
        foreach (var key in wanted.Where(key => !instances.ContainsKey(key)))
        {
            Events.Note($"{key} does not run and is started again");
            Begin(key, restart: null);
        }

        var unsettled = instances.Values.Where(instance => instance.Standing == InstanceStanding.Starting);
        foreach (var instance in unsettled.Where(instance => State.IsSupervised(instance.Key.Release)))
            Begin(instance.Key, instance);
        RemoveFilesOfNoRelease();
        // Before anything is healthy again there is nothing to send requests to: the routes follow as instances come up.
        ApplySoon();
    }

    /// <summary>Looks once: what ended, what is due, what passed its time. Never waits for an app or for the router.</summary>
    public async Task LookAsync()
    {
        var running = instances.Values.Where(instance => instance.Standing is InstanceStanding.Starting or InstanceStanding.Healthy);
        foreach (var instance in running.Where(instance => !instance.IsAlive))
            await TakeCrashAsync(instance);
        foreach (var key in State.Wanted().Where(key => State.IsSupervised(key.Release) && !instances.ContainsKey(key)))
            Begin(key, restart: null);
        var now = parts.Time.GetUtcNow();
        foreach (var release in State.Releases.Where(release => release.Role == ReleaseRole.Warm && release.WarmUntil <= now))
            _ = RetireAsync(release.Release);
        if (routesDirty && routeWork.IsCompleted && parts.Time.GetElapsedTime(routesTried) >= RoutePause)
            ApplySoon();
        if (parts.Time.GetElapsedTime(logsSeen) >= LogPause)
            CapLogs();
    }

    /// <summary>Applies the routes beside what goes on here; what fails is tried again.</summary>
    public void ApplySoon()
    {
        routesTried = parts.Time.GetTimestamp();
        routeWork = Task.Run(async () =>
        {
            try
            {
                if (await ApplyRoutesAsync(closing.Token) is { } problem)
                    Events.Note(problem);
            }
            catch (Exception down) when (down is RouterUnreachableException or IOException)
            {
                Events.Note(down.Message);
            }
            catch (OperationCanceledException)
            {
                // The agent ends; the router keeps what it has.
            }
        });
    }

    /// <summary>Ends all instances; what should run stays on record. The supervision has ended before.</summary>
    public Task StopEverythingAsync() => StopAsync([.. instances.Values]);

    public HostedEnvironmentStatus Describe()
    {
        var state = State;
        return new HostedEnvironmentStatus(
            state.Project,
            state.Environment,
            state.Releases.Select(release => new ReleaseStatus(
                release.Release,
                release.Plan.Run,
                release.Role,
                release.WarmUntil,
                state.HasTraffic(release.Release),
                InstancesOf(release.Release)
                    .OrderBy(instance => instance.Key.App, StringComparer.Ordinal).ThenBy(instance => instance.Key.Index)
                    .Select(instance => new InstanceStatus(
                        instance.Key.App,
                        instance.Key.Index,
                        instance.Tree.Leader.Id,
                        instance.Port,
                        instance.Standing,
                        RestartsOf(instance.Key),
                        LogOf(instance.Key)))
                    .ToValueList())).ToValueList(),
            state.LocalRollback?.At);
    }

    /// <summary>Ends the supervision; apps and router go on.</summary>
    public async Task CloseAsync()
    {
        await closing.CancelAsync();
        await Task.WhenAll(restarts.Values.Select(restarting => restarting.Work).Append(routeWork));
    }

    private void Watch(Instance instance) =>
        instance.Exited?.ContinueWith(_ => parts.Wake(), TaskScheduler.Default);

    private async Task TakeCrashAsync(Instance instance)
    {
        instance.Standing = InstanceStanding.Ended;
        var end = instance.HowItEnded();
        Events.Note($"{instance.Key.Release}: {end}");
        instance.Unwell = Within(instance.Key, end);
        if (!State.IsSupervised(instance.Key.Release))
            return;
        await ForgetAsync(instance);
        Postpone(instance, instance.Unwell);
        ApplySoon();
        // Children that it left would hold files and ports of the next one.
        _ = Quietly(instance.Tree.EndAsync(instance.App.StopTimeout, parts.Time));
    }

    private void Postpone(Instance instance, string why) =>
        Postpone(instance.Key, why, reset: parts.Time.GetElapsedTime(instance.Since) >= Settled);

    private void Postpone(InstanceKey key, string why, bool reset)
    {
        var restarting = restarts.GetOrAdd(key, _ => new Restarting());
        restarting.Why = why;
        restarting.Times++;
        if (reset)
            restarting.Crashes = 0;
        var pause = BackOff[Math.Min(restarting.Crashes, BackOff.Length - 1)];
        restarting.Crashes++;
        restarting.Pause = pause;
        restarting.From = parts.Time.GetTimestamp();
        Events.Note($"{key} is started again in {pause.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} s");
    }

    /// <param name="restart">An adopted instance that is not known to be healthy; null: start one.</param>
    private void Begin(InstanceKey key, Instance? restart)
    {
        var restarting = restarts.GetOrAdd(key, _ => new Restarting());
        if (!restarting.Work.IsCompleted || parts.Time.GetElapsedTime(restarting.From) < restarting.Pause)
            return;
        restarting.Work = Task.Run(() => SettleAsync(key, restart));
    }

    private async Task SettleAsync(InstanceKey key, Instance? instance)
    {
        try
        {
            if (instance is null)
            {
                instance = await StartAsync(key);
                var at = instance.Port is { } port ? $" on port {port}" : "";
                Events.Note($"{key} was started{at} (pid {instance.Tree.Leader.Id})");
            }

            var problem = await AwaitHealthyAsync(instance, text => Events.Note($"{key.Release}: {text}"), closing.Token);
            if (problem is null)
            {
                ApplySoon();
                return;
            }

            // A crash is taken where ends are watched.
            if (Find(key) is { Standing: InstanceStanding.Starting } ill && ill.IsAlive && State.IsSupervised(key.Release))
            {
                Events.Note($"{key.Release}: {problem}");
                var why = ill.Unwell ?? $"was not healthy {InstanceHealth.Seconds(ill.App.StartTimeout)} s after its start";
                await StopAsync(ill);
                Postpone(ill, why);
            }
        }
        catch (IOException refused)
        {
            Events.Note(refused.Message);
            Postpone(key, Within(key, refused.Message), reset: false);
        }
        catch (OperationCanceledException)
        {
            // The agent ends; what was started is adopted by the next one.
        }
    }

    private async Task Quietly(Task work)
    {
        try
        {
            await work;
        }
        catch (IOException failed)
        {
            Events.Note(failed.Message);
        }
        catch (OperationCanceledException)
        {
            // The agent ends.
        }
    }

    /// <summary>An instance's way back up.</summary>
    private sealed class Restarting
    {
        /// <summary>In a row.</summary>
        public int Crashes { get; set; }

        /// <summary>That it was to be started again, in all.</summary>
        public int Times { get; set; }

        /// <summary>Why it was to be the last time, without its name.</summary>
        public string Why { get; set; } = "";

        public TimeSpan Pause { get; set; }

        public long From { get; set; }

        public Task Work { get; set; } = Task.CompletedTask;
    }
}
