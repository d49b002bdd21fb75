using Towpath.Core.Agents;

namespace Towpath.Agent.Apps;

/// <summary>A person goes back on this machine: needs neither the server nor the network.</summary>
internal static class LocalRollbackStage
{
    public static async Task<StageEnded> RunAsync(
        HostedEnvironment environment, TimeProvider time, Action<string> say, CancellationToken cancel)
    {
        var state = environment.State;
        if (state.Live is not { } live)
            return StageWork.Failed($"Nothing is live in '{state.Environment}'.");
        var earlier = TargetOf(state, live);
        if (earlier is { Barred: true })
            return StageWork.Failed(
                $"{earlier.Release} (run {earlier.Plan.Run}) cannot come back: a contract migration took away what it needs. Deploy a fix instead.");
        if (earlier is not { } target)
            return StageWork.Failed($"No earlier version of '{state.Environment}' that was live is kept on this machine.");
        say($"{live.Release} (run {live.Plan.Run}) is replaced by {target.Release} (run {target.Plan.Run})");
        if (await WithdrawStage.ReturnToAsync(environment, live, target, say, cancel) is { } unwell)
            return StageWork.Failed($"{target.Release} is not well, and {live.Release} stays: {unwell}");
        var made = new LocalRollback(time.GetUtcNow(), live.Release, target.Release);
        await environment.ChangeAsync(each => each with { LocalRollback = made });
        await WithdrawStage.EndAsync(environment, live.Release, target.Release);
        say($"{live.Release} was stopped");
        return StageWork.Succeeded;
    }

    /// <summary>
    /// The one that became live last before the live one did; what somebody went back behind is left out, so that a second
    /// rollback goes further back.
    /// </summary>
    private static HostedRelease? TargetOf(HostedState state, HostedRelease live) => state.Releases
        .Where(release => release is { Started: true, TakenBack: false } && release.FirstLive < live.FirstLive)
        .OrderByDescending(release => release.FirstLive)
        .FirstOrDefault();
}
