using System.Diagnostics;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;

namespace Towpath.Core.Environments;

/// <summary>The order of a deployment: its stages from the start to live, and the agent's command for each.</summary>
public static class DeploymentPlan
{
    /// <summary>How long taking a deployment back may take before a person is asked.</summary>
    public static readonly TimeSpan WithdrawTimeout = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Apps: everything is asked before traffic moves. Commands: there is nothing to ask before they ran, and going back is for
    /// the undo command of the version that is taken back, where it has one.
    /// </summary>
    public static ValueList<Stage> Stages(EnvironmentState state, Deployment deployment) => (deployment.Kind, deployment.Definition(state.Name)?.Target) switch
    {
        (DeploymentKind.Stop, _) => [Stage.Withdraw],
        (DeploymentKind.Contract, _) => [Stage.Contract],
        (_, AppsTarget) when Canary.Of(state, deployment) is not null =>
            [Stage.Start, Stage.Check, Stage.Survey, Stage.Canary, Stage.Shift],
        (_, AppsTarget) => [Stage.Start, Stage.Check, Stage.Shift],
        (DeploymentKind.Rollback, CommandTarget) => WayBack(state, deployment),
        (_, CommandTarget) => [Stage.Deploy, Stage.Verify],
        _ => throw new UnreachableException(),
    };

    /// <summary>Why nothing takes the deployment's effect back by itself; null: something does.</summary>
    public static string? NoWayBack(EnvironmentState state, Deployment deployment) => deployment.Definition(state.Name)?.Target switch
    {
        _ when deployment.Kind == DeploymentKind.Contract => "Nothing brings back what a contract migration took away.",
        CommandTarget when deployment.Kind == DeploymentKind.Rollback && !Stages(state, deployment).Contains(Stage.Deploy) =>
            "What it goes back from is not brought back by itself.",
        CommandTarget { Undo: UndoMode.Redeploy } when state.Live is null => "There is no version before it that could be deployed again.",
        _ => WhyForGood(state, deployment) is { } why ? $"It cannot be undone ({why})." : null,
    };

    /// <summary>What people see while a stage is under way.</summary>
    public static DeploymentStatus StatusOf(Stage stage) => stage switch
    {
        Stage.Start => DeploymentStatus.Starting,
        Stage.Check or Stage.Verify or Stage.Survey => DeploymentStatus.Checking,
        Stage.Canary or Stage.Shift or Stage.Deploy or Stage.Undo or Stage.Contract => DeploymentStatus.Shifting,
        Stage.Withdraw => DeploymentStatus.RollingBack,
        _ => throw new UnreachableException(),
    };

    /// <summary>The stage after the given one; null: it has arrived.</summary>
    public static Stage? After(EnvironmentState state, Deployment deployment)
    {
        var stages = Stages(state, deployment);
        var next = stages.TakeWhile(stage => stage != deployment.Stage).Count() + 1;
        return next < stages.Count ? stages[next] : null;
    }

    /// <summary>Why what the deployment does cannot be undone; null: it can.</summary>
    public static string? WhyForGood(EnvironmentState state, Deployment deployment) => deployment.Definition(state.Name)?.Target switch
    {
        CommandTarget { Undo: UndoMode.None } => "undo: none",
        CommandTarget { Undo: UndoMode.Redeploy } when state.Live is { } live && IsOnce(state, live.Candidate) =>
            $"run {live.Candidate.Run} must not be deployed again, repeatable: false",
        _ => null,
    };

    /// <summary>The candidate's deploy command is never started twice.</summary>
    public static bool IsOnce(EnvironmentState state, Packages.Candidate candidate) =>
        candidate.Pipeline.Environment(state.Name)?.Target is CommandTarget { Repeatable: false };

    /// <summary>The command that carries out the stage that the deployment is in; null: a person has to decide first.</summary>
    public static AgentCommand? CommandFor(EnvironmentState state, Deployment deployment)
    {
        if (deployment is not { Stage: { } stage, Release: { } release, Settings: { } settings }
            || deployment.Status == DeploymentStatus.NeedsDecision)
            return null;
        if (deployment.Definition(state.Name) is not { } definition)
            return null;
        var id = CommandId(state, deployment, stage);
        var plan = PlanOf(state, deployment.Candidate, definition, release, settings);
        var live = state.Live;
        return stage switch
        {
            Stage.Start => new StartRelease(id, plan),
            Stage.Check => new CheckRelease(id, plan, Verify: deployment.Kind != DeploymentKind.Rollback),
            Stage.Survey or Stage.Canary => Canary.CommandFor(state, deployment, id, plan),
            Stage.Shift => new ShiftTraffic(id, plan) { Undone = Rollback.Undone(state, deployment) },
            Stage.Deploy => new DeployTarget(id, plan),
            Stage.Verify => new VerifyTarget(id, plan),
            Stage.Contract => Migrations.CommandFor(state, deployment, id, plan),
            Stage.Undo => live is not null && PlanOf(state, live) is { } undone ? new UndoTarget(id, undone, plan) : null,
            Stage.Withdraw when definition.Target is CommandTarget => new UndoTarget(id, plan, live is null ? null : PlanOf(state, live)),
            Stage.Withdraw => new WithdrawRelease(id, plan, BackTo: IsToStop(deployment) ? null : live?.Release),
            _ => throw new UnreachableException(),
        };
    }

    private static ValueList<Stage> WayBack(EnvironmentState state, Deployment deployment)
    {
        var undone = deployment.Undoes is { } number ? state.Deployment(number) : null;
        if (undone is not null and not { Status: DeploymentStatus.Live })
            // It was under way, and was taken back then already: what is live is only made sure of.
            return [Stage.Verify];
        var candidate = undone?.Candidate ?? state.Live?.Candidate;
        return candidate?.Pipeline.Environment(state.Name)?.Target is CommandTarget { Undo: UndoMode.Command }
            ? [Stage.Undo, Stage.Verify]
            : [Stage.Deploy, Stage.Verify];
    }

    /// <summary>Nothing is to run any more; not: a stop is taken back.</summary>
    private static bool IsToStop(Deployment deployment) => deployment is { Kind: DeploymentKind.Stop, Conclusion: null };

    private static string CommandId(EnvironmentState state, Deployment deployment, Stage stage) =>
        $"{StreamId.OfEnvironment(state.Project, state.Name)}/deployments/{deployment.Number}/{stage.ToString().ToLowerInvariant()}"
        + (deployment.Attempt > 1 ? $"-{deployment.Attempt}" : "");

    private static ReleasePlan? PlanOf(EnvironmentState state, LiveVersion version) =>
        version.Candidate.Pipeline.Environment(state.Name) is { } definition
            ? PlanOf(state, version.Candidate, definition, version.Release, version.Settings)
            : null;

    private static ReleasePlan PlanOf(
        EnvironmentState state, Packages.Candidate candidate, EnvironmentDefinition definition, string release, Settings settings) =>
        new(
            state.Project, state.Name, release, candidate.Run, candidate.Commit, candidate.Package, candidate.Pipeline.Apps, definition,
            settings.Variables);
}
