using Towpath.Core.Agents;

namespace Towpath.Agent.Apps;

/// <summary>
/// Instance by instance: a new one starts and is well, takes its place among those that get requests, and an old one leaves.
/// There is never more than one beside those there were, and never one less.
/// </summary>
internal static class RollingStage
{
    /// <summary>The release that is about to start replaces the live one instance by instance, where its environment says so.</summary>
    public static HostedState Begin(HostedState state, ReleasePlan plan) =>
        plan.Definition.Rolling && state.Live is { } live && live.Release != plan.Release && state.HasTraffic(live.Release)
            ? state.Rolling?.To == plan.Release ? state : state with { Rolling = new Rolling(live.Release, plan.Release, Allowed: 1, Moved: 0, Back: false) }
            : state with { Rolling = null };

    /// <summary>Null when every place is taken, or why the next one could not be.</summary>
    public static async Task<string?> RunAsync(StageWork work, HostedRelease release)
    {
        var environment = work.Environment;
        if (environment.State.Rolling is not { } begun || begun.To != release.Release || environment.State.Find(begun.From) is not { } old)
            return null;
        var last = release.Processes.Where(app => app.Overlap).Select(app => app.Instances).DefaultIfEmpty(0).Max();
        for (var moved = begun.Moved; moved < last; moved++)
        {
            work.Cancel.ThrowIfCancellationRequested();
            await environment.ChangeAsync(state => state with { Rolling = begun with { Allowed = moved + 1, Moved = moved } });
            if (await environment.EnsureHealthyAsync(release, app => app.Overlap, work.Say, work.Cancel) is { } unwell)
                return unwell;
            if (await TakeOverAsync(work, old, moved) is { } refused)
                return refused;
        }

        // Where there were more old instances than there are new ones, those left go when all traffic moves.
        return null;
    }

    private static async Task<string?> TakeOverAsync(StageWork work, HostedRelease old, int index)
    {
        var environment = work.Environment;
        var state = await environment.ChangeAsync(state => state with { Rolling = state.Rolling! with { Moved = index + 1 } });
        if (await environment.ApplyRoutesAsync(work.Cancel) is { } refused)
            return refused;
        work.Say($"{index + 1} of {state.Rolling!.To} {(index == 0 ? "gets" : "get")} requests");
        var replaced = environment.InstancesOf(old.Release).Where(instance => instance.App.Overlap && instance.Key.Index == index).ToList();
        await Task.WhenAll(replaced.Select(instance => environment.LeaveAsync(instance, work.Cancel)));
        return null;
    }
}
