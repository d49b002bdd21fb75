using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;
using Towpath.Core.Runs;
using Towpath.Engine.Git;
using Towpath.Engine.Views;
using Towpath.Server.Logs;
using Towpath.Server.Web.Analysis;
using Towpath.Server.Web.Design;
using Towpath.Server.Web.Environments;
using Towpath.Server.Web.Overviews;
using Towpath.Server.Web.Packages;
using Towpath.Server.Web.Projects;
using Towpath.Server.Web.Rules;
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
        pages.MapGet("/{project}/runs/{run:int}", RunAsync);
        pages.MapGet("/{project}/runs/{run:int}/pipeline", PipelineAsync);
        pages.MapGet("/{project}/runs/{run:int}/package", PackagePages.ShowAsync);
        pages.MapGet("/{project}/environments/{environment}", EnvironmentAsync);
        pages.MapGet("/{project}/environments/{environment}/deployments/{deployment:int}", DeploymentAsync);
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
        Silence = environment is null ? null : EnvironmentModel.Silence,
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
            Branches = await Journeys.BranchesAsync(notes, inventory, found),
            Before = before,
        });
    }

    private static async Task<IResult> RunAsync(
        string project, int run, Inventory inventory, LogAccess logs, CommitNotes notes, PastTests past, string? job = null, int? attempt = null, long? from = null)
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
        var destinations = Models.Destinations(inventory, known, run);
        var rules = await RuleLines.OfAsync(notes, [new RuledRun(project, run, found.Request.Commit, found.Pipeline)]);
        return PageResults.Page<RunPage>(new
        {
            Run = found,
            View = view,
            Job = shown,
            Attempt = chosen,
            Attempts = attempts,
            Log = log is null ? null : Excerpt(logs, log, from, found.IsOver),
            Destinations = destinations,
            Reasons = new RunReasons(found, view, destinations, rules).All(),
            Before = view.Tests is { Failed: > 0 } ? past.Before(project, run) : [],
        });
    }

    private static async Task<IResult> EnvironmentAsync(
        string project, string environment, Inventory inventory, LogAccess logs, CommitNotes notes, TimeProvider time, bool all = false)
    {
        if (inventory.Project(project) is not { } known)
            return PageResults.NotHere(Asked.NoProject(project).Sentence);
        if (inventory.Environment(known, environment) is not { } state)
            return PageResults.NotHere(Asked.NoEnvironment(project, environment).Sentence, $"/{Look.Part(project)}", $"To {project}");
        var view = inventory.View(known, state, all ? int.MaxValue : EnvironmentModel.HistoryAtFirst);
        var newest = Inventory.Newest(known);
        if (view.Live is { } live)
            await Task.WhenAny(notes.LearnAsync([(project, live.Commit)]), Task.Delay(Overview.AuthorsWithin));
        return PageResults.Page<EnvironmentPage>(new
        {
            Model = new EnvironmentModel
            {
                State = state,
                View = view,
                Author = view.Live is null ? null : notes.Author(project, view.Live.Commit),
                Now = time.GetUtcNow(),
                Until = view.RollbackTarget is { } target ? Models.LiveUntil(state, target) : null,
                Stages = state.Active is { } active ? Models.Stages(state, active) : [],
                Log = Models.UnderWay(view) is { } coming ? Models.Excerpt(logs, coming.Log, null) : null,
                Analysis = state.Active is { Canary: not null } judged ? inventory.Analysis(state, judged.Number) : null,
                BackTo = Models.BackTo(state),
                Ended = state.Deployments.Count(deployment => deployment.IsOver),
                Instances = inventory.Instances(project, environment),
                Plan = Models.Plan(project, newest, environment),
                Rules = await RuleLines.OfAsync(notes,
                    (newest is null ? [] : (RuledRun[])[new RuledRun(project, newest.Number, newest.Commit, newest.Pipeline)]).Concat(Ruled(state, state.Waiting))),
                CanPromote = Models.Promotable(state).Any(),
            },
        });
    }

    private static async Task<IResult> DeploymentAsync(
        string project, string environment, int deployment, Inventory inventory, LogAccess logs, CommitNotes notes, long? from = null)
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
            Rules = await RuleLines.OfAsync(notes, found.IsOver || found.IsActive ? [] : Ruled(state, [found])),
            Stages = Models.Stages(state, found),
            Log = Excerpt(logs, DeploymentView.LogId(state, deployment), from, found.IsOver),
        });
    }

    private static async Task<IResult> PipelineAsync(string project, int run, Inventory inventory, CommitNotes notes)
    {
        if (inventory.Project(project) is null)
            return PageResults.NotHere(Asked.NoProject(project).Sentence);
        if (inventory.Run(project, run) is not { } found)
            return PageResults.NotHere(Asked.NoRun(project, run).Sentence, $"/{Look.Part(project)}", $"To {project}");
        if (await notes.PipelineAsync(project, found.Request.Commit) is { } source)
        {
            return PageResults.Page<PipelinePage>(new
            {
                Project = project,
                Run = run,
                found.Request.Commit,
                IsFollowed = source.Pipeline == found.Pipeline,
                Lines = (IReadOnlyList<string>)source.Text.TrimEnd().ReplaceLineEndings("\n").Split('\n'),
            });
        }

        return notes.IsPipelineKnown(project, found.Request.Commit)
            ? PageResults.NotHere(
                $"The repository has no {PipelineFile.Name} at {Look.Commit(found.Request.Commit)} now: its branch may be gone, or its package was built elsewhere.",
                $"/{Look.Part(project)}/runs/{run}", $"To run {run}")
            : PageResults.Refused(StatusCodes.Status503ServiceUnavailable, "Git did not answer in time; look at the page again.");
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

    private static IEnumerable<RuledRun> Ruled(EnvironmentState state, IEnumerable<Deployment> deployments) =>
        deployments.Select(one => new RuledRun(state.Project, one.Candidate.Run, one.Candidate.Commit, one.Candidate.Pipeline));

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
