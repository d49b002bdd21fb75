using Towpath.Core.Environments;

namespace Towpath.Engine.Views;

/// <summary>An environment in a list: what is read there at a glance, and nothing that has to be judged first.</summary>
/// <param name="State"><c>held</c>, the state of the deployment under way, <c>live</c> or <c>empty</c>.</param>
/// <param name="Coming">The deployment under way; null: none is.</param>
/// <param name="Waiting">The first of those that wait, at most <see cref="WaitingAtMost"/>.</param>
public sealed record EnvironmentCard(
    string Name, string State, LiveView? Live, ComingView? Coming, IReadOnlyList<WaitingView> Waiting, HoldView? Hold)
{
    public const int WaitingAtMost = 3;

    /// <param name="now">What waits at a gate may wait for a time.</param>
    public static EnvironmentCard Of(EnvironmentState state, DateTimeOffset now)
    {
        var coming = state.Active is { } active
            ? new ComingView(active.Candidate.Run, active.Candidate.Commit, Word.Of(active.Kind), Word.Of(active.Status)) : null;
        return new EnvironmentCard(
            state.Name,
            state.Hold is not null ? "held" : coming?.State ?? (state.Live is null ? "empty" : "live"),
            state.Live is { } live ? LiveView.Of(live) : null,
            coming,
            [.. state.Waiting.Take(WaitingAtMost).Select(deployment => WaitingView.Of(state, deployment, now))],
            state.Hold is { } hold ? new HoldView(hold.By, hold.Reason, hold.Since) : null);
    }
}

/// <summary>A deployment under way, in a list.</summary>
public sealed record ComingView(int Run, string Commit, string Kind, string State);

/// <summary>A deployment that waits, in a list.</summary>
/// <param name="Why">In a few words; the environment's page has the rest.</param>
public sealed record WaitingView(int Run, string Why)
{
    internal static WaitingView Of(EnvironmentState state, Deployment deployment, DateTimeOffset now)
    {
        var closed = deployment.Status == DeploymentStatus.Waiting
            ? Gates.Of(state, deployment, now).Where(gate => !gate.IsPassed).Select(gate => gate.Name).Distinct().ToList() : [];
        return new WaitingView(
            deployment.Candidate.Run, closed.Count > 0 ? $"for: {string.Join(", ", closed)}" : DeploymentQueue.WaitReason(state, deployment, now));
    }
}
