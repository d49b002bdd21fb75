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

    /// <summary>What goes on only when a person does something.</summary>
    public IReadOnlyList<NeedView> Needs { get; init; } = [];

    /// <summary>The newest attempt to change what is live, when it came to nothing; null when there was none since.</summary>
    public EndingView? Setback { get; init; }

    /// <summary>How its apps answer; null: there are no figures now.</summary>
    public HealthView? Health { get; init; }

    /// <param name="now">What waits at a gate may wait for a time.</param>
    public static EnvironmentCard Of(EnvironmentState state, DateTimeOffset now)
    {
        var coming = state.Active is { } active ? ComingView.Of(state, active) : null;
        return new EnvironmentCard(
            state.Name,
            state.Hold is not null ? "held" : coming?.State ?? (state.Live is null ? "empty" : "live"),
            state.Live is { } live ? LiveView.Of(live) : null,
            coming,
            [.. state.Waiting.Take(WaitingAtMost).Select(deployment => WaitingView.Of(state, deployment, now))],
            state.Hold is { } hold ? new HoldView(hold.By, hold.Reason, hold.Since) : null)
        {
            Needs = NeedView.Of(state, now),
            Setback = EndingView.Of(state),
        };
    }
}

/// <summary>A deployment under way, in a list.</summary>
public sealed record ComingView(int Run, string Commit, string Kind, string State)
{
    public int Deployment { get; init; }

    public string Subject { get; init; } = "";

    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Of the requests, from 0 to 1, that the new version gets; null when it is not at a step of a canary.</summary>
    public double? Share { get; init; }

    internal static ComingView Of(EnvironmentState state, Deployment active) =>
        new(active.Candidate.Run, active.Candidate.Commit, Word.Of(active.Kind), Word.Of(active.Status))
        {
            Deployment = active.Number,
            Subject = active.Candidate.Subject,
            StartedAt = active.StartedAt,
            // Nothing is judged for a list.
            Share = active is { Stage: Stage.Canary, Canary: { } canary } ? active.Definition(state.Name)?.Rollout?.Steps[canary.Step].Share : null,
        };
}

/// <summary>A deployment that ended without its version staying live, in a list.</summary>
public sealed record EndingView(int Deployment, int Run, string Kind, string State, string Reason, DateTimeOffset At)
{
    internal static EndingView? Of(EnvironmentState state) =>
        state.Deployments.LastOrDefault(deployment => deployment.Status is DeploymentStatus.Live or DeploymentStatus.RolledBack
            or DeploymentStatus.Failed or DeploymentStatus.Errored) is { Status: not DeploymentStatus.Live, EndedAt: { } ended } last
            ? new EndingView(last.Number, last.Candidate.Run, Word.Of(last.Kind), Word.Of(last.Status), last.Reason, ended) : null;
}

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
