using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Towpath.Server.Web.Administration;
using Towpath.Server.Web.Design;
using Towpath.Server.Web.Environments;
using Towpath.Server.Web.Questions;

namespace Towpath.Server.Web;

/// <summary>What forms do. The gate let only the server's own pages send them.</summary>
internal static class Deeds
{
    /// <summary>Who stands in the history: the token is one person's.</summary>
    private const string By = "owner";

    private const string Environment = "/{project}/environments/{environment}";

    public static void MapDeeds(this IEndpointRouteBuilder pages)
    {
        pages.MapPost("/{project}/runs/{run:int}/cancel", (string project, int run, Steering steering) =>
            DoAsync(steering.CancelRunAsync(project, run, By), RunHref(project, run)));
        pages.MapPost("/{project}/runs/{run:int}/retry", async (string project, int run, Steering steering) =>
        {
            var asked = await steering.RetryAsync(project, run, By);
            return asked is { Status: AskedStatus.Taken, Run: { } number } ? PageResults.See(RunHref(project, number))
                : PageResults.Problem(asked, RunHref(project, run));
        });
        Map("rollback", (steering, project, environment, form) =>
            steering.RollBackAsync(project, environment, By, form["reason"], form.Number("to")));
        Map("stop", (steering, project, environment, _) => steering.StopAsync(project, environment, By));
        Map("hold", (steering, project, environment, form) => steering.HoldAsync(project, environment, By, form["reason"]));
        Map("resume", (steering, project, environment, _) => steering.ResumeAsync(project, environment, By));
        Map("advance", (steering, project, environment, form) =>
            steering.AdvanceAsync(project, environment, form["step"] != "true", By));
        Map("freeze", (steering, project, environment, form) =>
            steering.FreezeAsync(project, environment, new(form.Moment("until") ?? "", form.Moment("from"), form["zone"], form["reason"]), By));
        Map("unfreeze", (steering, project, environment, _) => steering.UnfreezeAsync(project, environment, By));
        pages.MapPost(
            Environment + "/deployments/{deployment:int}/approve",
            async (string project, string environment, int deployment, HttpContext context, Steering steering) =>
            {
                var form = await Form.ReadAsync(context);
                return await DoAsync(
                    steering.ApproveAsync(project, environment, deployment, form.Number("replaces"), form.Number("settings"), By),
                    form["to"] == "approvals" ? ServerPages.ApprovalsHref : Href(project, environment));
            });
        Map("redeploy", (steering, project, environment, _) => steering.RedeployAsync(project, environment, By));
        pages.MapPost(Environment + "/promote", PromoteAsync);
        pages.MapPost(
            Environment + "/deployments/{deployment:int}/cancel",
            (string project, string environment, int deployment, Steering steering) =>
            DoAsync(steering.CancelDeploymentAsync(project, environment, deployment, By), Href(project, environment)));
        pages.MapPost(
            Environment + "/deployments/{deployment:int}/accept",
            (string project, string environment, int deployment, Steering steering) =>
            DoAsync(steering.AcceptAsync(project, environment, deployment, By), Href(project, environment)));
        pages.MapPost(
            Environment + "/settings",
            (string project, string environment, HttpContext context, SettingsDesk desk, Inventory inventory) =>
            SetAsync(project, environment, inventory, context, form => desk.SetVariablesAsync(
                project, environment, form["remove"] is { } gone
                    ? new Dictionary<string, string?> { [gone] = null }
                    : new() { [form["name"] ?? ""] = form["value"] ?? "" }, By)));
        pages.MapPost(
            Environment + "/secrets",
            (string project, string environment, HttpContext context, SettingsDesk desk, Inventory inventory) =>
            SetAsync(project, environment, inventory, context, form => form["remove"] is { } gone
                ? desk.RemoveSecretAsync(project, environment, gone, By)
                : desk.SetSecretAsync(project, environment, form["name"] ?? "", form["value"] ?? "", By)));

        void Map(string deed, Func<Steering, string, string, Form, Task<Asked>> ask) =>
            pages.MapPost($"{Environment}/{deed}", async (string project, string environment, HttpContext context, Steering steering) =>
                await DoAsync(ask(steering, project, environment, await Form.ReadAsync(context)), Href(project, environment)));
    }

    private static async Task<IResult> PromoteAsync(
        string project, string environment, HttpContext context, Steering steering, Inventory inventory)
    {
        var form = await Form.ReadAsync(context);
        if (!int.TryParse(form["run"], NumberStyles.None, CultureInfo.InvariantCulture, out var run))
            return PageResults.Problem(Asked.Invalid("Choose a run."), Href(project, environment));
        var confirmed = form["confirmOlder"] == "true";
        var asked = await steering.PromoteAsync(project, environment, run, confirmed, form["override"], By);
        var isOlder = asked.Status == AskedStatus.Refused && !confirmed
            && inventory.Project(project) is { } known && inventory.Environment(known, environment) is { } state
            && Steering.Newer(state, run) is not null;
        return isOlder
            ? QuestionPages.GoBack(
                project, environment, run, $"What is live in {environment} is newer. "
                    + $"Run {run} replaces it, and the environment is held afterwards.")
            : await DoAsync(Task.FromResult(asked), Href(project, environment));
    }

    private static async Task<IResult> SetAsync(
        string project, string environment, Inventory inventory, HttpContext context, Func<Form, Task<Asked>> set)
    {
        var asked = await set(await Form.ReadAsync(context));
        var href = $"{Href(project, environment)}/settings";
        if (asked.Status == AskedStatus.Taken)
            return PageResults.See(href);
        return inventory.Project(project) is { } known && inventory.Environment(known, environment) is { } state
            ? PageResults.Page<SettingsPage>(
                new { View = inventory.View(known, state), Problem = asked.Sentence }, Api.ApiAnswers.StatusOf(asked.Status))
            : PageResults.NotHere(asked.Sentence);
    }

    private static async Task<IResult> DoAsync(Task<Asked> deed, string page)
    {
        var asked = await deed;
        return asked.Status == AskedStatus.Taken ? PageResults.See(page) : PageResults.Problem(asked, page);
    }

    private static string RunHref(string project, int run) => $"/{Look.Part(project)}/runs/{run}";

    private static string Href(string project, string environment) => $"/{Look.Part(project)}/environments/{Look.Part(environment)}";
}
