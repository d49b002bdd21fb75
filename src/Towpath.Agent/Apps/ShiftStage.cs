using Towpath.Core;
using Towpath.Core.Agents;

namespace Towpath.Agent.Apps;

/// <summary>Moves all traffic to a release, exchanges the apps without overlap, and leaves the old release warm.</summary>
internal static class ShiftStage
{
    public static async Task<StageEnded> RunAsync(StageWork work, ValueList<string> undone)
    {
        var (environment, name) = (work.Environment, work.Plan.Release);
        if (environment.State.Find(name) is not { Started: true } release)
            return StageWork.Errored($"{name} was not started on this machine.");
        if (await RollingStage.RunAsync(work, release) is { } stuck)
            return StageWork.Failed(stuck);
        if (await environment.EnsureHealthyAsync(release, app => app.Overlap, work.Say, work.Cancel) is { } unwell)
            return StageWork.Failed(unwell);
        if (await MoveTrafficAsync(environment, release, work.Say, work.Cancel) is { } refused)
            return StageWork.Failed(refused);
        if (await ExchangeAsync(environment, release, work.Say, work.Cancel) is { } notStarted)
            return StageWork.Failed(notStarted);
        await ArriveAsync(work, name, undone);
        return StageWork.Succeeded;
    }

    /// <summary>Null, or why the traffic could not move; then it is where it was.</summary>
    public static async Task<string?> MoveTrafficAsync(
        HostedEnvironment environment, HostedRelease release, Action<string> say, CancellationToken cancel)
    {
        var (before, rolling) = (environment.State.Traffic, environment.State.Rolling);
        var traffic = OrdinalMap<AppTraffic>.From(release.Listen
            .Where(pair => release.Plan.Apps.Any(app => app.Name == pair.Key))
            .Select(pair => KeyValuePair.Create(pair.Key, new AppTraffic(release.Release, pair.Value))));
        await environment.ChangeAsync(state => state with
        {
            Traffic = traffic,
            Canary = null,
            // What was replaced one by one stays so until the new release is the live one.
            Rolling = state.Rolling?.To == release.Release ? state.Rolling : null,
        });
        var problem = await environment.ApplyRoutesAsync(cancel);
        if (problem is null)
        {
            foreach (var (app, at) in traffic)
                say($"{app}: requests to {at.Listen} go to {release.Release} now");
            return null;
        }

        await environment.ChangeAsync(state => state with { Traffic = before, Rolling = rolling });
        // Whatever this says, the first problem is the one to tell.
        _ = await environment.ApplyRoutesAsync(CancellationToken.None);
        return problem;
    }

    /// <summary>
    /// Stops the apps without overlap of whichever release runs them, and starts those of the given one. Null, or why they are
    /// not well.
    /// </summary>
    public static async Task<string?> ExchangeAsync(
        HostedEnvironment environment, HostedRelease release, Action<string> say, CancellationToken cancel)
    {
        if (environment.State.Exclusive != release.Release)
        {
            await environment.ChangeAsync(state => state with { Exclusive = null });
            var replaced = environment.InstancesWithoutOverlap().ToList();
            foreach (var instance in replaced)
                say($"{instance.Key.Name} of {instance.Key.Release} is stopped, because it runs without overlap");
            await environment.StopAsync(replaced);
            await environment.ChangeAsync(state => state with { Exclusive = release.Release });
        }

        if (await environment.EnsureHealthyAsync(release, app => !app.Overlap, say, cancel) is { } problem)
            return problem;
        return await environment.ApplyRoutesAsync(cancel);
    }

    private static async Task ArriveAsync(StageWork work, string name, ValueList<string> undone)
    {
        var environment = work.Environment;
        var now = work.Parts.Time.GetUtcNow();
        // One by one its instances have ended already.
        var keepWarm = environment.State.Rolling is null ? work.Plan.Definition.KeepWarm : TimeSpan.Zero;
        var replaced = environment.State.Releases
            .Where(each => each.Release != name && each.Role is ReleaseRole.Live or ReleaseRole.Candidate)
            .Select(each => each.Release)
            .ToHashSet();
        await environment.ChangeAsync(state => state with
        {
            Releases = state.Releases.Select(each => Moved(each, name, now, keepWarm))
                .Select(each => undone.Contains(each.Release) ? each with { TakenBack = true } : each)
                .Select(each => each.Release == state.Rolling?.From ? each with { Role = ReleaseRole.Stopped, WarmUntil = null } : each).ToValueList(),
            Rolling = null,
        });
        foreach (var old in replaced.Order(StringComparer.Ordinal))
        {
            if (keepWarm > TimeSpan.Zero)
                work.Say($"{old} is kept warm for {keepWarm.TotalMinutes:0.#} min");
            if (environment.State.Find(old) is { Role: ReleaseRole.Stopped })
                _ = environment.RetireAsync(old);
            environment.DrainInBackground(old);
        }

        await environment.PruneAsync();
    }

    private static HostedRelease Moved(HostedRelease release, string live, DateTimeOffset now, TimeSpan keepWarm) => release switch
    {
        { Release: var name } when name == live => release with
        {
            Role = ReleaseRole.Live,
            WarmUntil = null,
            FirstLive = release.FirstLive ?? now,
            TakenBack = false,
        },
        { Role: ReleaseRole.Live } => release with { Role = ReleaseRole.Warm, WarmUntil = now + keepWarm },
        // A candidate that nobody withdrew: its deployment is over, because this one arrived.
        { Role: ReleaseRole.Candidate } => release with { Role = ReleaseRole.Warm, WarmUntil = now },
        _ => release,
    };
}
