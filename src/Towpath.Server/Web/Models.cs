using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;
using Towpath.Core.Runs;
using Towpath.Engine.Views;
using Towpath.Server.Logs;

namespace Towpath.Server.Web;

/// <param name="Newest">Of its runs; null before the first.</param>
public sealed record ProjectCard(string Name, RunView? Newest, IReadOnlyList<EnvironmentCard> Environments)
{
    /// <summary>The newest run says something that the environments do not.</summary>
    public bool HasNews => Newest is { } newest && (Environments.Count == 0 || Environments.Any(environment => environment.Live?.Run != newest.Number));
}

/// <param name="Health">Null: there are no figures now.</param>
public sealed record EnvironmentFigures(string Project, string Environment, HealthView? Health);

/// <summary>Something that needs a person, and where.</summary>
public sealed record NeedCard(string Project, string Environment, NeedView Need);

/// <summary>Where a run's candidate came to, in one environment.</summary>
public sealed record Destination(string Environment, DeploymentView Deployment, bool IsLive);

/// <param name="Lines">The last ones, or those from the line that was asked for.</param>
/// <param name="First">The number of the first of them.</param>
/// <param name="Next">The number that follows the last of them.</param>
/// <param name="AtEnd">No line was there after these.</param>
/// <param name="Complete">None will be.</param>
public sealed record LogExcerpt(string Log, IReadOnlyList<LogLine> Lines, long First, long Next, bool AtEnd, bool Complete);

/// <summary>One step on the way of a deployment, as people see it.</summary>
/// <param name="State">As a deployment's or a run's state.</param>
public sealed record StageView(string Name, string State);

/// <summary>What a deployment of the newest pipeline file goes through.</summary>
/// <param name="Run">Whose file it is.</param>
/// <param name="GateCount">So many of the steps are gates; they come first.</param>
public sealed record NextPlan(string Project, int Run, PlannedEnvironment Environment, int GateCount);

/// <summary>What pages show, gathered from the inventory.</summary>
internal static class Models
{
    /// <summary>Lines of a log that a page shows at once.</summary>
    public const int LinesAtMost = 400;

    private static readonly List<string> Pressing = ["decision", "failed-rollback", "approval", "paused", "hold"];

    /// <summary>The deployment that changes the environment now; null: none does.</summary>
    public static DeploymentView? UnderWay(EnvironmentView environment) =>
        environment.Deployment is { EndedAt: null } deployment && environment.Waiting.All(waiting => waiting.Number != deployment.Number)
            ? deployment : null;

    /// <summary>Everything that needs a person: the most pressing first, and what has waited the longest.</summary>
    public static IReadOnlyList<NeedCard> Needs(IEnumerable<ProjectCard> projects) =>
    [
        .. (from project in projects
            from environment in project.Environments
            from need in environment.Needs
            select new NeedCard(project.Name, environment.Name, need))
            .OrderBy(card => Pressing.IndexOf(card.Need.Kind)).ThenBy(card => card.Need.Since),
    ];

    public static IReadOnlyList<EnvironmentCard> Cards(Inventory inventory, ProjectState project) =>
        [.. inventory.Environments(project).Select(environment => Card(inventory, environment))];

    public static EnvironmentCard Card(Inventory inventory, EnvironmentState environment) =>
        EnvironmentCard.Of(environment, inventory.Now) with { Health = inventory.Health(environment.Project, environment.Name) };

    /// <summary>As <see cref="EnvironmentCard.State"/>.</summary>
    public static string StateOf(EnvironmentState environment) =>
        environment.Hold is not null ? "held" : environment.Active is { } active ? Word.Of(active.Status) : environment.Live is null ? "empty" : "live";

    public static IReadOnlyList<Destination> Destinations(Inventory inventory, ProjectState project, int run) =>
    [
        .. from environment in inventory.Environments(project)
           let last = environment.Deployments.LastOrDefault(deployment =>
               deployment.Candidate.Run == run && deployment.Kind != DeploymentKind.Contract)
           where last is not null
           let isLive = environment.Live?.Candidate.Run == run
           // What was tried again later and came to nothing is not what is live.
           let told = isLive && last.IsOver ? environment.Deployment(environment.Live!.Deployment) ?? last : last
           select new Destination(environment.Name, DeploymentView.Of(environment, told, inventory.Now), isLive),
    ];

    /// <param name="from">Null: the log's end.</param>
    public static LogExcerpt Excerpt(LogAccess logs, string log, long? from)
    {
        var first = Math.Max(1, from ?? logs.Count(log) - LinesAtMost + 1);
        var part = logs.Read(log, first, LinesAtMost);
        // What is printed between two looks follows the end, it does not make it the middle.
        return new LogExcerpt(log, part.Lines, first, part.Next, from is null || part.Complete || part.Next > logs.Count(log), part.Complete);
    }

    /// <summary>Null: the newest pipeline has no such environment.</summary>
    public static NextPlan? Plan(string project, RunRequest? newest, string environment) => newest?.Pipeline.Environment(environment) is { } definition
        ? new NextPlan(project, newest.Number, PlannedEnvironment.Of(newest.Pipeline, definition), definition.Gates.Count) : null;

    /// <summary>The stages that a deployment goes through, each with its state.</summary>
    public static IReadOnlyList<StageView> Stages(EnvironmentState environment, Deployment deployment)
    {
        if (deployment.Definition(environment.Name) is not { } definition || deployment.StartedAt is null)
            return [];
        var planned = DeploymentPlan.Stages(environment, deployment).Select(stage => (Stage?)stage).ToList();
        // Once it is taken back, the stage it came to is no longer known: the log says it.
        if (deployment is { Stage: Stage.Withdraw, Kind: not DeploymentKind.Stop })
            return [new StageView("Take back", Word.Of(deployment.Status))];
        var reached = deployment.Status == DeploymentStatus.Live ? planned.Count : deployment.IsOver ? -1
            : planned.IndexOf(deployment.Stage);
        if (reached < 0)
            return [];
        return
        [
            .. planned.Select((stage, index) => new StageView(
                Words(stage!.Value), index < reached ? "succeeded" : index == reached ? Word.Of(deployment.Status) : "queued")),
        ];
    }

    /// <summary>Candidates that a person may deploy, newest first.</summary>
    public static IEnumerable<Deployment> Promotable(EnvironmentState environment) => environment.Deployments
        .Where(deployment => deployment is { Kind: DeploymentKind.Deploy, IsActive: false } && deployment.Candidate.Run != environment.Live?.Candidate.Run
            && deployment.Definition(environment.Name)?.After.All(deployment.PassedIn.ContainsKey) == true)
        .OrderByDescending(deployment => deployment.Candidate.Run);

    /// <summary>The newest deployment of each version that a person can go back to.</summary>
    public static IReadOnlySet<int> BackTo(EnvironmentState environment) => environment.Stopped ? new HashSet<int>()
        : environment.Versions.SkipLast(1).Select(version => version.Candidate.Run).Distinct()
            .Select(run => Rollback.Target(environment, run)).OfType<LiveVersion>()
            .Where(version => Migrations.Bars(environment, version) is null)
            .Select(version => version.Deployment).ToHashSet();

    /// <summary>Until when a version was live; null: it is.</summary>
    public static DateTimeOffset? LiveUntil(EnvironmentState environment, LiveView version)
    {
        var at = environment.Versions.ToList().FindLastIndex(known => known.Deployment == version.Deployment);
        return at >= 0 && at + 1 < environment.Versions.Count ? environment.Versions[at + 1].Since : null;
    }

    private static string Words(Stage stage) => stage switch
    {
        Stage.Start => "Start",
        Stage.Check => "Check",
        Stage.Survey => "Look at what is live",
        Stage.Canary => "Canary",
        Stage.Shift => "Move traffic",
        Stage.Deploy => "Deploy",
        Stage.Undo => "Undo",
        Stage.Verify => "Verify",
        Stage.Contract => "Contract",
        _ => "Stop",
    };
}
