using Towpath.Core.Environments;

namespace Towpath.Engine.Views;

/// <summary>A canary under way.</summary>
/// <param name="Step">From 1 to <paramref name="Steps"/>.</param>
/// <param name="Share">Of the requests, from 0 to 1.</param>
/// <param name="Verdict">What has been shown of it so far: <c>worse</c>, <c>not-worse</c>, <c>undecided</c>, <c>no-data</c>.</param>
/// <param name="Says">The same in a sentence; empty when there is nothing to say.</param>
/// <param name="WaitsForPerson"><c>towpath advance</c> lets it go on.</param>
public sealed record RolloutView(int Step, int Steps, double Share, string Verdict, string Says, bool WaitsForPerson)
{
    internal static RolloutView? Of(EnvironmentState state, Deployment deployment)
    {
        if (deployment is not { Stage: Stage.Canary, Canary: { } canary } || deployment.Definition(state.Name)?.Rollout is not { } rollout)
            return null;
        var judgement = Canary.Judge(canary, rollout);
        return new(
            canary.Step + 1, rollout.Steps.Count, rollout.Steps[canary.Step].Share, Word.Of(judgement.Verdict), judgement.Reason,
            canary.Paused is not null);
    }
}
