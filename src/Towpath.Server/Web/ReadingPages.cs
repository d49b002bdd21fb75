using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Towpath.Core.Environments;
using Towpath.Core.Runs;
using Towpath.Engine.Git;
using Towpath.Engine.Views;
using Towpath.Server.Logs;
using Towpath.Server.Web.Analysis;
using Towpath.Server.Web.Design;
using Towpath.Server.Web.Environments;
using Towpath.Server.Web.Overviews;
using Towpath.Server.Web.Projects;
using Towpath.Server.Web.Runs;

namespace Towpath.Server.Web;

/// <summary>Pages that show what there is.</summary>
internal static class ReadingPages
{
    public static void MapReading(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/", HomeAsync);
        pages.MapGet("/-/figures", Figures);
        pages.MapGet("/{project}", ProjectAsync);
        pages.MapGet("/{project}/runs", (string project) => PageResults.See($"/{Look.Part(project)}"));
        pages.MapGet("/{project}/environments", (string project) => PageResults.See($"/{Look.Part(project)}"));
        pages.MapGet("/{project}/runs/{run:int}", Run);
        pages.MapGet("/{project}/environments/{environment}", Environment);
        pages.MapGet("/{project}/environments/{environment}/deployments/{deployment:int}", Deployment);
        pages.MapGet("/{project}/environments/{environment}/deployments/{deployment:int}/analysis", Analysis);
    }

    private static async Task<IResult> HomeAsync(Overview overview, ServerIdentity identity, HttpContext context)
    {
        var cards = overview.Cards();
        return PageResults.Page<HomePage>(new
        {
            Projects = cards,
            Author = await overview.AuthorsAsync(cards),
            identity.Url,
            Problem = context.RequestServices.GetService<Engine.DiskRoom>()?.Look().Problem,
        });
    }

    private static IResult Figures(Overview overview, Inventory inventory, string? project = null, string? environment = null) => PageResults.Page<FiguresPage>(new
    {
        All = (IReadOnlyList<EnvironmentFigures>)[.. overview.Figures(project).Where(one => environment is null || one.Environment == environment)],
        IsOfOne = project is not null && environment is not null,
        Project = project ?? "",
        Instances = project is null || environment is null ? null : inventory.Instances(project, environment),
        Silence = environment is null ? null : EnvironmentPage.Silence,
    });

    private static async Task<IResult> ProjectAsync(string project, Inventory inventory, CommitNotes notes, int? before = null)
    {
        if (inventory.Project(project) is not { } found)
            return PageResults.NotHere(Asked.NoProject(project).Sentence);
        var newest = inventory.Runs(project, ProjectPage.PageSize);
        var view = ProjectView.Of(found);
        var (environments, runs) = (inventory.Environments(found), before is null ? newest : inventory.Runs(project, ProjectPage.PageSize, before));
        await Task.WhenAny(notes.LearnAsync(runs.Select(run => (project, run.Commit))), Task.Delay(Overview.AuthorsWithin));
        var next = await Journeys.NextAsync(notes, project, environments);
        return PageResults.Page<ProjectPage>(new
        {
            Project = project,
            Branch = view.DefaultBranch,
            view.Schedules,
            Newest = newest.Count > 0 ? newest[0] : null,
            Packaged = newest.FirstOrDefault(run => run is { Package: not null, Deploys: true }),
            Environments = (IReadOnlyList<EnvironmentCard>)[.. environments.Select(environment => Models.Card(inventory, environment))],
            Next = next,
            Runs = (IReadOnlyList<Journey>)[.. runs.Select(run => new Journey(run, notes.Author(project, run.Commit), Journeys.Stations(run, environments)))],
            Branches = Journeys.Branches(inventory, found),
            Before = before,
        });
    }

    private static IResult Run(
        string project, int run, Inventory inventory, LogAccess logs, string? job = null, int? attempt = null, long? from = null)
    {
        if (inventory.Project(project) is not { } known)
            return PageResults.NotHere(Asked.NoProject(project).Sentence);
        if (inventory.Run(project, run) is not { } found)
            return PageResults.NotHere(Asked.NoRun(project, run).Sentence, $"/{Look.Part(project)}", $"To {project}");
        var view = inventory.View(found);
        var shown = view.Jobs!.FirstOrDefault(one => one.Name == job) ?? Telling(view.Jobs!);
        var attempts = shown?.Attempt ?? 0;
        var chosen = attempt is >= 1 && attempt <= attempts ? attempt.Value : attempts;
        var log = shown is null || chosen == 0 ? null : $"{project}/runs/{run}/jobs/{shown.Name}/attempts/{chosen}";
        return PageResults.Page<RunPage>(new
        {
            Run = found,
            View = view,
            Job = shown,
            Attempt = chosen,
            Attempts = attempts,
            Log = log is null ? null : Excerpt(logs, log, from, found.IsOver),
            Destinations = Models.Destinations(inventory, known, run),
            Before = view.Tests is { Failed: > 0 } ? TestPast.RunsBefore(inventory, project, run) : [],
        });
    }

    private static IResult Environment(string project, string environment, Inventory inventory, LogAccess logs, TimeProvider time, bool all = false)
    {
        if (inventory.Project(project) is not { } known)
            return PageResults.NotHere(Asked.NoProject(project).Sentence);
        if (inventory.Environment(known, environment) is not { } state)
            return PageResults.NotHere(Asked.NoEnvironment(project, environment).Sentence, $"/{Look.Part(project)}", $"To {project}");
        var view = inventory.View(known, state, all ? int.MaxValue : EnvironmentPage.HistoryAtFirst);
        return PageResults.Page<EnvironmentPage>(new
        {
            State = state,
            View = view,
            Now = time.GetUtcNow(),
            Instances = inventory.Instances(project, environment),
            Until = view.RollbackTarget is { } target ? Models.LiveUntil(state, target) : null,
            Stages = state.Active is { } active ? Models.Stages(state, active) : [],
            Log = Models.UnderWay(view) is { } coming ? Models.Excerpt(logs, coming.Log, null) : null,
            Analysis = state.Active is { Canary: not null } judged ? inventory.Analysis(state, judged.Number) : null,
            BackTo = Models.BackTo(state),
            Ended = state.Deployments.Count(deployment => deployment.IsOver),
            CanPromote = Models.Promotable(state).Any(),
        });
    }

    private static IResult Deployment(
        string project, string environment, int deployment, Inventory inventory, LogAccess logs, long? from = null)
    {
        var known = inventory.Project(project);
        var state = known is null ? null : inventory.Environment(known, environment);
        if (state?.Deployment(deployment) is not { } found)
            return PageResults.NotHere(
                $"'{environment}' has no deployment {deployment}, or it was too long ago.", $"/{Look.Part(project)}", $"To {project}");
        return PageResults.Page<DeploymentPage>(new
        {
            Project = project,
            Environment = environment,
            View = DeploymentView.Of(state, found, inventory.Now),
            inventory.Now,
            Stages = Models.Stages(state, found),
            Log = Excerpt(logs, DeploymentView.LogId(state, deployment), from, found.IsOver),
        });
    }

    private static IResult Analysis(string project, string environment, int deployment, Inventory inventory)
    {
        var known = inventory.Project(project);
        var state = known is null ? null : inventory.Environment(known, environment);
        return state is null || inventory.Analysis(state, deployment) is not { } view
            ? PageResults.NotHere(
                Asked.NoAnalysis(environment, deployment).Sentence, $"/{Look.Part(project)}/environments/{Look.Part(environment)}", $"To {environment}")
            : PageResults.Page<AnalysisPage>(new { Project = project, Environment = environment, View = view, Pictures = AnalysisPictures.Of(view) });
    }

    /// <summary>Of what is over nothing is followed, also when the log's end was lost.</summary>
    private static LogExcerpt Excerpt(LogAccess logs, string log, long? from, bool isOver)
    {
        var excerpt = Models.Excerpt(logs, log, from);
        return isOver && excerpt.Lines.Count == 0 ? excerpt with { Complete = true } : excerpt;
    }

    /// <summary>The job that people want to see: what failed, else what runs, else the last that did something.</summary>
    private static JobView? Telling(IReadOnlyList<JobView> jobs) =>
        jobs.FirstOrDefault(job => job.State is "failed" or "errored")
        ?? jobs.FirstOrDefault(job => job.State == "running")
        ?? jobs.LastOrDefault(job => job.Attempt > 0)
        ?? (jobs.Count > 0 ? jobs[0] : null);
}
