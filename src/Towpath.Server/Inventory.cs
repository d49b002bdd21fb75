using System.Text.Json;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;
using Towpath.Core.Runs;
using Towpath.Engine;
using Towpath.Engine.Agents;
using Towpath.Engine.Journal;
using Towpath.Engine.Views;

namespace Towpath.Server;

/// <summary>What agents said of the steps of an attempt that is under way, by the attempt's id; null: nothing yet.</summary>
public delegate IReadOnlyList<StepResult>? StepsUnderWay(string attemptId);

/// <summary>What there is: lists come from the journal's rows as far as these say enough, single things from their machines.</summary>
public sealed class Inventory(ControlPlane plane, StepsUnderWay? steps = null, LiveHealth? health = null, LiveInstances? instances = null)
{
    /// <summary>Rows that a list gives at most.</summary>
    public const int PageAtMost = 500;

    /// <summary>Environments that one project lists at most.</summary>
    private const int EnvironmentsAtMost = 1000;

    /// <summary>Newest first.</summary>
    public IReadOnlyList<ProjectView> Projects() => [.. plane.Journal.List("", PageAtMost).Select(row => Read<ProjectView>(row.Summary))];

    public DateTimeOffset Now => plane.Now;

    public ProjectState? Project(string name) => plane.Project(name);

    /// <summary>Newest first, without their jobs.</summary>
    /// <param name="before">Only runs with smaller numbers; null: the newest.</param>
    public IReadOnlyList<RunView> Runs(string project, int limit, int? before = null) =>
    [
        .. plane.Journal.List(
            $"{project}/runs/", Math.Clamp(limit, 1, PageAtMost), before is { } number ? StreamId.OfRun(project, number).Text : null)
            .Select(row => Read<RunView>(row.Summary)),
    ];

    /// <summary>As lists show it; null when there is none.</summary>
    public RunView? RunRow(string project, int number) =>
        plane.Journal.Find(StreamId.OfRun(project, number).Text) is { } row ? Read<RunView>(row.Summary) : null;

    public RunState? Run(string project, int number) => plane.Run(project, number);

    public RunView View(RunState run) => RunView.Of(run, steps is null ? null : attempt => steps(attempt));

    /// <summary>The project's environments, each after those it waits for; also those that no candidate has reached yet.</summary>
    public IReadOnlyList<EnvironmentState> Environments(ProjectState project)
    {
        var planned = Pipeline(project)?.Environments.Select(environment => environment.Name).ToList() ?? [];
        var known = plane.Journal.List($"{project.Name}/environments/", EnvironmentsAtMost)
            .Select(row => StreamId.Parse(row.Stream).Environment!);
        return [.. planned.Concat(known.Except(planned, StringComparer.Ordinal).Order(StringComparer.Ordinal))
            .Select(name => Environment(project, name)!)];
    }

    /// <summary>Null when neither a candidate nor the newest pipeline knows it.</summary>
    public EnvironmentState? Environment(ProjectState project, string name) =>
        plane.Environment(project.Name, name)
        ?? (Pipeline(project)?.Environment(name) is not null ? EnvironmentState.Empty(project.Name, name) : null);

    /// <summary>What the judge of a canary saw; null: the deployment is no canary, or its measurements are not there.</summary>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    public AnalysisView? Analysis(EnvironmentState environment, int deployment)
    {
        if (environment.Deployment(deployment) is not { Canary: { } canary } known || known.Definition(environment.Name)?.Rollout is not { } rollout)
            return null;
        var events = plane.EventsOf(StreamId.OfEnvironment(environment.Project, environment.Name), canary.Began);
        return CanaryRecord.Of(deployment, rollout, events) is { } record ? AnalysisView.Of(environment, known, record) : null;
    }

    public EnvironmentView View(ProjectState project, EnvironmentState environment, int historyAtMost = int.MaxValue)
    {
        var view = EnvironmentView.Of(environment, Now, historyAtMost) with
        {
            Health = Health(project.Name, environment.Name),
            Instances = Instances(project.Name, environment.Name) is { IsSilent: false, List: var list } ? list : null,
        };
        return environment.Deployments.Count > 0 ? view
            : view with { After = Pipeline(project)?.Environment(environment.Name)?.After ?? [] };
    }

    /// <summary>How an environment's apps answer; null: there are no figures now.</summary>
    public HealthView? Health(string project, string environment) => health?.Of(project, environment);

    /// <summary>What runs of an environment's apps; null: no agent has spoken of any.</summary>
    public InstancesView? Instances(string project, string environment) => instances?.Of(project, environment);

    /// <summary>The newest definition on the default branch; null before the first push.</summary>
    public static Pipeline? Pipeline(ProjectState project) => Newest(project)?.Pipeline;

    /// <summary>The newest run of the default branch; null before the first push.</summary>
    public static RunRequest? Newest(ProjectState project) => project.Requests.LastOrDefault(request => request.Deploys);

    private static TView Read<TView>(string summary) => JsonSerializer.Deserialize<TView>(summary, CoreJson.Options)!;
}
