using Towpath.Core.Pipelines;

namespace Towpath.Core.Environments;

/// <summary>Something that a person can do about a deployment that needs a decision.</summary>
/// <param name="Name">What it is called everywhere: <c>accept</c>, <c>cancel</c>.</param>
/// <param name="Means">What it does and when to choose it, in full sentences.</param>
public sealed record Choice(string Name, string Means);

/// <summary>What there is to choose from when Towpath must not go on by itself.</summary>
public static class Choices
{
    /// <summary>Empty for a deployment that needs no decision.</summary>
    public static ValueList<Choice> Of(EnvironmentState state, Deployment deployment)
    {
        if (deployment.Status != DeploymentStatus.NeedsDecision || deployment.Definition(state.Name) is not { Target: var target })
            return [];
        var cancel = new Choice("cancel", Cancel(state, deployment, target));
        return deployment.Kind == DeploymentKind.Stop
            ? [cancel]
            : [new("accept", $"Run {deployment.Candidate.Run} counts as live here: choose this when you have seen that it arrived."), cancel];
    }

    private static string Cancel(EnvironmentState state, Deployment deployment, TargetDefinition target)
    {
        var run = deployment.Candidate.Run;
        if (DeploymentPlan.NoWayBack(state, deployment) is not null)
            return $"It ends where it is, and nothing is undone: choose this when run {run} did not arrive. "
                + $"'towpath promote --run {run} --environment {state.Name}' then starts it once more.";
        return target switch
        {
            CommandTarget { Undo: UndoMode.Command } =>
                $"Its undo command runs: choose this when run {run} may have arrived and shall not stay.",
            CommandTarget => $"Run {state.Live!.Candidate.Run} is deployed again over it.",
            _ when state.Live is { } live => $"It is tried to take it back: its instances stop, and run {live.Candidate.Run} gets the traffic.",
            _ => "It is tried to take it back: its instances stop, and nothing runs here then.",
        };
    }
}
