using Towpath.Core.Environments;

namespace Towpath.Engine.Views;

/// <summary>A gate of a deployment that waits.</summary>
/// <param name="Name"><c>approval</c>, <c>window</c>, <c>freeze</c>, <c>soak</c> or <c>webhook</c>.</param>
/// <param name="State"><c>waiting</c> or <c>passed</c>.</param>
/// <param name="Deadline">When its action is taken; null when it is passed, or the environments before are not done.</param>
/// <param name="Index">Among the environment's <c>gates</c> in the pipeline file, from 0; null: it was set on the server.</param>
public sealed record GateView(string Name, string State, string Reason, DateTimeOffset? Deadline, int? Index)
{
    internal static IReadOnlyList<GateView> Of(EnvironmentState state, Deployment deployment, DateTimeOffset now) => deployment.IsOver || deployment.IsActive
        ? []
        : [.. Gates.Of(state, deployment, now).Select((gate, index) => new GateView(
            gate.Name, gate.IsPassed ? "passed" : "waiting", gate.Reason, gate.IsPassed ? null : gate.Deadline, gate.Gate is null ? null : index))];
}

/// <summary>What an approval is for.</summary>
/// <param name="Replaces">The deployment that is live, or on its way there; 0: none.</param>
/// <param name="ReplacesRun">Its run; null: none.</param>
/// <param name="Settings">The revision of the settings that it brings.</param>
public sealed record PlanView(int Replaces, int? ReplacesRun, int Settings)
{
    internal static PlanView? Of(EnvironmentState state, Deployment deployment)
    {
        if (!deployment.IsGated || deployment.IsOver || deployment.IsActive)
            return null;
        var replaces = Approvals.Replaces(state);
        var run = state.Active is { } active && active.Number == replaces ? active.Candidate.Run : state.Live?.Candidate.Run;
        return new PlanView(replaces, replaces == 0 ? null : run, Approvals.Settings(state, deployment));
    }
}

/// <param name="Until">When it ends by itself.</param>
public sealed record FreezeView(string By, string Reason, DateTimeOffset From, DateTimeOffset Until);
