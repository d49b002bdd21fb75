using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Towpath.Core.Environments;
using Towpath.Core.Runs;
using Towpath.Engine;
using Towpath.Engine.Agents;
using Towpath.Engine.Git;
using Towpath.Server.Web.Projects;
using Towpath.Server.Web.Questions;
using Towpath.Server.Web.Rules;
using Towpath.Server.Web.Search;

namespace Towpath.Server.Web.Administration;

/// <summary>Pages of the server as a whole, over all projects, and of what is set for one. No project is called <c>-</c>.</summary>
internal static class ServerPages
{
    /// <summary>Where what waits for an approval is listed.</summary>
    public const string ApprovalsHref = "/-/approvals";

    public static void MapServer(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/-/palette", (Finder finder, string q = "", string? near = null) => TypedResults.Ok(finder.Find(q, near)));
        pages.MapGet("/-/find", (Finder finder, string q = "") => PageResults.Page<FindPage>(new { Found = finder.Find(q) }));
        pages.MapGet(ApprovalsHref, ApprovalsAsync);
        pages.MapGet("/-/audit", Audit);
        pages.MapGet("/-/agents", Agents);
        pages.MapGet("/-/server", Server);
        pages.MapGet("/{project}/settings", Settings);
        pages.MapGet("/-/sign-out", () => PageResults.Page<ConfirmPage>(new
        {
            Question = new Question(
                "", "Sign out?", "This browser forgets that it may use this server. A fresh link comes from the terminal: towpath open.",
                "Sign out", "/-/sign-out", "/", []) with { IsDangerous = false },
        }));
    }

    private static IResult Server(Inventory inventory, ServerIdentity identity, HttpContext context)
    {
        var projects = inventory.Projects();
        return PageResults.Page<ServerPage>(new
        {
            identity.Url,
            Projects = projects.Count,
            Webhooks = (IReadOnlyList<(string, string, string)>)
            [
                .. from project in projects
                   let state = inventory.Project(project.Name)
                   where state is not null
                   from webhook in Webhooks(state)
                   select (project.Name, webhook.Environment, webhook.Url),
            ],
            Retention = context.RequestServices.GetService<Engine.Retention.RetentionRules>(),
            Disk = Look(context.RequestServices.GetService<DiskRoom>()),
        });
    }

    /// <summary>Where the disk cannot be looked at, the page about it is needed all the more.</summary>
    private static DiskView? Look(DiskRoom? room)
    {
        try
        {
            return room?.Look();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new DiskView(0, 0, 0, $"The server's disk cannot be looked at: {e.Message}");
        }
    }

    private static async Task<IResult> ApprovalsAsync(WaitingApprovals approvals, Inventory inventory, CommitNotes notes, TimeProvider time)
    {
        var waiting = approvals.All();
        var runs = waiting.Take(RuleLines.RunsAtMost).Select(one => inventory.Run(one.Project, one.Deployment.Run)).OfType<RunState>();
        return PageResults.Page<ApprovalsPage>(new
        {
            Waiting = waiting,
            Rules = await RuleLines.OfAsync(notes, runs.Select(run => new RuledRun(run.Project, run.Number, run.Request.Commit, run.Pipeline))),
            Now = time.GetUtcNow(),
        });
    }

    private static IResult Audit(ControlPlane plane, Inventory inventory, string? project = null, long? before = null)
    {
        project = string.IsNullOrEmpty(project) ? null : project;
        if (project is not null && inventory.Project(project) is null)
            return PageResults.NotHere(Asked.NoProject(project).Sentence, "/-/audit", "To the audit of all projects");
        return PageResults.Page<AuditPage>(new
        {
            Part = Engine.Audit.Read(plane.Journal, AuditPage.PageSize, before, project),
            Projects = (IReadOnlyList<string>)[.. inventory.Projects().Select(one => one.Name).Order(StringComparer.Ordinal)],
            Project = project,
            Before = before,
        });
    }

    private static IResult Settings(string project, Inventory inventory, ServerIdentity identity, HttpContext context) =>
        inventory.Project(project) is not { } found
            ? PageResults.NotHere(Asked.NoProject(project).Sentence)
            : PageResults.Page<ProjectSettingsPage>(new
            {
                Project = found,
                Environments = inventory.Environments(found),
                Webhooks = (IReadOnlyList<(string, string)>)[.. Webhooks(found)],
                Retention = context.RequestServices.GetService<Engine.Retention.RetentionRules>(),
                Git = identity.Page("git", project + ".git"),
            });

    private static IEnumerable<(string Environment, string Url)> Webhooks(Core.Commits.ProjectState project) =>
        from environment in Inventory.Pipeline(project)?.Environments ?? []
        from webhook in environment.Gates.OfType<Core.Pipelines.WebhookGate>()
        select (environment.Name, webhook.Url);

    private static RazorComponentResult<AgentsPage> Agents(HttpContext context, Inventory inventory)
    {
        var hub = context.RequestServices.GetService<AgentHub>();
        var hosted = (from project in inventory.Projects()
                      let state = inventory.Project(project.Name)
                      where state is not null
                      from environment in inventory.Environments(state)
                      select (Agent: AgentOf(state, environment), Environment: environment)).ToLookup(pair => pair.Agent, pair => pair.Environment);
        var connected = hub?.Agents ?? [];
        return new RazorComponentResult<AgentsPage>(new
        {
            Agents = (IReadOnlyList<AgentCard>)
            [
                .. connected.OrderBy(agent => agent.Name, StringComparer.Ordinal)
                    .Select(agent => new AgentCard(agent, hub!.UnderWay(agent.Name), [.. hosted[agent.Name]])),
            ],
            Missing = (IReadOnlyList<string>)
            [
                .. hosted.Select(group => group.Key).Except(connected.Select(agent => agent.Name), StringComparer.Ordinal).Order(StringComparer.Ordinal),
            ],
        });
    }

    /// <summary>Where it runs: what is live says it, else the newest pipeline.</summary>
    private static string AgentOf(Core.Commits.ProjectState project, EnvironmentState environment) =>
        (environment.Live?.Candidate.Pipeline ?? Inventory.Pipeline(project))?.Environment(environment.Name)?.Agent ?? AgentHub.LocalAgent;
}

/// <param name="UnderWay">Ids of the commands that it has.</param>
/// <param name="Hosts">Environments that run there, or will.</param>
public sealed record AgentCard(AgentView Agent, IReadOnlyList<string> UnderWay, IReadOnlyList<EnvironmentState> Hosts);
