using Towpath.Core;
using Towpath.Core.Agents;

namespace Towpath.Agent.Apps;

/// <summary>Moves traffic back to where it was before a release, where it had moved; then ends the release.</summary>
internal static class WithdrawStage
{
    public static async Task<StageEnded> RunAsync(StageWork work, string? backTo)
    {
        var (environment, name) = (work.Environment, work.Plan.Release);
        if (environment.State.Find(name) is not { } release || name == backTo)
            return StageWork.Succeeded;
        // First of all, and whatever comes of the rest: its requests go to the live one.
        if (environment.State.Canary?.Release == name)
        {
            await environment.ChangeAsync(state => state with { Canary = null });
            if (await environment.ApplyRoutesAsync(work.Cancel) is { } left)
                environment.Events.Note(left);
        }

        var target = environment.State.Find(backTo);
        if (backTo is not null && target is null)
            return StageWork.Failed($"{backTo} is no longer on this machine; traffic stays where it is.");
        if (target is not null && await ReturnToAsync(environment, release, target, work.Say, work.Cancel) is { } unwell)
            return StageWork.Failed($"{backTo} is not well either, and traffic stays where it is: {unwell}");
        if (target is null)
            await CloseAsync(work, name);
        if (await environment.StillAskedAsync(name, work.Cancel) is { } asked)
            return StageWork.Failed($"{name} still gets requests and goes on: {asked}");
        await EndAsync(environment, name, backTo);
        work.Say($"{name} was stopped");
        return StageWork.Succeeded;
    }

    /// <summary>Null, or why the target cannot take over.</summary>
    public static async Task<string?> ReturnToAsync(
        HostedEnvironment environment, HostedRelease release, HostedRelease target, Action<string> say, CancellationToken cancel)
    {
        var state = environment.State;
        var moved = state.HasTraffic(release.Release) || release.Role == ReleaseRole.Live;
        if (moved || target.Role != ReleaseRole.Live)
        {
            await environment.ChangeAsync(each => each.Rolling is { } rolling && rolling.From == target.Release
                ? each with { Rolling = rolling with { Back = true } }
                : each);
            await environment.RetiredAsync(target.Release);
            // Warm it must not pass its time now; stopped it may be started.
            await environment.ChangeAsync(each => each.Change(target.Release, back =>
                back.Role == ReleaseRole.Live ? back : back with { Role = ReleaseRole.Candidate, WarmUntil = null }));
            if (await environment.EnsureHealthyAsync(target, app => app.Overlap, say, cancel) is { } unwell)
                return unwell;
            if (await ShiftStage.MoveTrafficAsync(environment, target, say, cancel) is { } refused)
                return refused;
        }

        // Null: the exchange was begun and broke off.
        return environment.State.Exclusive == target.Release
            ? null
            : await ShiftStage.ExchangeAsync(environment, target, say, cancel);
    }

    /// <summary>Nothing to go back to: the ports are kept and answered 503.</summary>
    private static async Task CloseAsync(StageWork work, string name)
    {
        var environment = work.Environment;
        await environment.ChangeAsync(state => state with
        {
            Traffic = OrdinalMap<AppTraffic>.From(state.Traffic.Select(pair =>
                KeyValuePair.Create(pair.Key, pair.Value.Release == name ? pair.Value with { Release = null } : pair.Value))),
            Exclusive = state.Exclusive == name ? null : state.Exclusive,
        });
        if (await environment.ApplyRoutesAsync(work.Cancel) is { } problem)
            environment.Events.Note(problem);
    }

    /// <summary>Not to be called off: nobody would end what is left. It takes the drain timeout and a stop timeout at most.</summary>
    public static async Task EndAsync(HostedEnvironment environment, string name, string? backTo)
    {
        var state = await environment.ChangeAsync(state => state with
        {
            Rolling = state.Rolling?.To == name ? null : state.Rolling,
            Releases = state.Releases.Select(each => each.Release == backTo
                    ? each with { Role = ReleaseRole.Live, WarmUntil = null }
                    : each.Release == name
                        ? each with { Role = ReleaseRole.Stopped, WarmUntil = null, TakenBack = each.FirstLive is not null }
                        : each)
                .ToValueList(),
        });
        await environment.DrainAsync(state.Find(name)!, CancellationToken.None);
        await environment.StopAsync(environment.InstancesOf(name));
        await environment.PruneAsync();
    }
}
