using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Towpath.Core.Environments;
using Towpath.Engine.Views;
using Towpath.Server.Web.Design;
using Towpath.Server.Web.Environments;

namespace Towpath.Server.Web.Questions;

/// <summary>Pages that ask before something is done, and say exactly what will be.</summary>
internal static class QuestionPages
{
    private const string Environment = "/{project}/environments/{environment}";

    public static void MapQuestions(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/{project}/runs/{run:int}/cancel", CancelRun);
        pages.MapGet(Environment + "/rollback", (string project, string environment, Inventory inventory, TimeProvider time, int? to = null) =>
            Ask(project, environment, inventory, (state, view, place) => RollBack(state, view, place, time.GetUtcNow(), to)));
        pages.MapGet(Environment + "/stop", (string project, string environment, Inventory inventory) =>
            Ask(project, environment, inventory, (_, view, place) => place.Question(
            $"Stop {environment}?",
            $"{(view.Live is { } live ? $"Run {live.Run} ({Look.Commit(live.Commit)})" : "What runs")} is taken down, "
                + $"and {environment} answers nothing until something is deployed again. It is held afterwards.",
            "Stop what runs", "stop")));
        pages.MapGet(Environment + "/hold", (string project, string environment, Inventory inventory) =>
            Ask(project, environment, inventory, (_, _, place) => place.Question(
            $"Hold {environment}?",
            "What is live stays live. Nothing new starts here by itself until somebody resumes; a rollback always works.",
            "Hold", "hold") with
        { IsDangerous = false, AsksReason = true }));
        pages.MapGet(Environment + "/freeze", (string project, string environment, Inventory inventory) =>
            Ask(project, environment, inventory, (_, _, place) => place.Question(
            $"Freeze {environment}?",
            "What is live stays live. Nothing new starts here meanwhile, also not what somebody promotes; a rollback always works. It ends by itself.",
            "Freeze", "freeze") with
            {
                IsDangerous = false,
                AsksReason = true,
                Asks =
                [
                    new("until", "Until", "datetime-local", IsRequired: true), new("from", "From (now, when left empty)", "datetime-local", IsRequired: false),
                    new("zone", "Time zone, such as Europe/Amsterdam", "text", IsRequired: true, "UTC"),
                ],
            }));
        pages.MapGet(Environment + "/override", (string project, string environment, int run, Inventory inventory) =>
            Ask(project, environment, inventory, (_, _, place) => place.Question(
            $"Pass over the gates of {environment} for run {run}?",
            "Windows, freezes, soak time and webhooks are not waited for. What it needs of approvals it still needs, and yours is one. "
                + "The history shows who did this, and why.",
            "Deploy it", "promote") with
            {
                AsksReason = true,
                ReasonName = "override",
                Fields = new Dictionary<string, string> { ["run"] = run.ToString(CultureInfo.InvariantCulture) },
            }));
        pages.MapGet(Environment + "/promote", (string project, string environment, Inventory inventory) =>
            Ask(project, environment, inventory, (state, _, place) => place.Question(
            $"Deploy a chosen run to {environment}",
            "It goes through the same checks as every deployment. "
                + "When it is older than what is live, you are asked once more, and the environment is held afterwards.",
            "Deploy it", "promote") with
        { IsDangerous = false, Choices = [.. Models.Promotable(state).Select(deployment => DeploymentView.Of(state, deployment, inventory.Now))] }));
        pages.MapGet(
            Environment + "/deployments/{deployment:int}/cancel",
            (string project, string environment, int deployment, Inventory inventory) =>
            Ask(project, environment, inventory, (state, _, place) => place.Question(
                $"Cancel deployment {deployment}?",
                state.Deployment(deployment) is { } found && Choices.Of(state, found) is [.., { Means: var means }]
                    ? means
                    : "What it did so far is taken back. What was live before stays live, or gets its traffic back.",
                "Cancel the deployment", $"deployments/{deployment}/cancel")));
        pages.MapGet(Environment + "/settings", (string project, string environment, Inventory inventory) =>
            inventory.Project(project) is { } known && inventory.Environment(known, environment) is { } state
                ? PageResults.Page<SettingsPage>(new { View = inventory.View(known, state) })
                : PageResults.NotHere(Asked.NoEnvironment(project, environment).Sentence));
    }

    /// <summary>Before what a button on the environment's page does without a question: somebody who comes from elsewhere sees first where it is done.</summary>
    public static void MapQuestionsFromElsewhere(this IEndpointRouteBuilder pages)
    {
        Map("resume", (_, environment, place) => place.Question(
            $"Resume {environment}?", "What waits here starts by itself again, once its gates are passed.", "Resume", "resume") with
        { IsDangerous = false });
        Map("unfreeze", (_, environment, place) => place.Question(
            $"Unfreeze {environment}?", "All freezes that were set on the server are lifted. Those of the pipeline file stay.", "Unfreeze", "unfreeze") with
        { IsDangerous = false });
        Map("redeploy", (view, environment, place) => place.Question(
            $"Deploy again in {environment}?",
            $"{(view.Live is { } live ? $"Run {live.Run} ({Look.Commit(live.Commit)})" : "What was live last")} is deployed once more, with the settings of now.",
            "Deploy again", "redeploy") with
        { IsDangerous = false });

        void Map(string deed, Func<EnvironmentView, string, Place, Question> question) =>
            pages.MapGet($"{Environment}/{deed}", (string project, string environment, Inventory inventory) =>
                Ask(project, environment, inventory, (_, view, place) => question(view, environment, place)));
    }

    /// <summary>Asks once more, because what is live is newer.</summary>
    public static IResult GoBack(string project, string environment, int run, string sentence) => PageResults.Page<ConfirmPage>(new
    {
        Question = new Place(project, environment).Question($"Go back to run {run}?", sentence, $"Deploy run {run} anyway", "promote") with
        {
            Fields = new Dictionary<string, string> { ["run"] = run.ToString(CultureInfo.InvariantCulture), ["confirmOlder"] = "true" },
        },
    }, StatusCodes.Status409Conflict);

    private static IResult CancelRun(string project, int run, Inventory inventory)
    {
        if (inventory.Run(project, run) is null)
            return PageResults.NotHere(Asked.NoRun(project, run).Sentence);
        var href = $"/{Look.Part(project)}/runs/{run}";
        return PageResults.Page<ConfirmPage>(new
        {
            Question = new Question(
                project, $"Cancel run {run}?",
                "Its jobs and all their processes are ended. Nothing is deployed of it; it can be run again.",
                "Cancel the run", $"{href}/cancel", href,
                [new Crumb(project, $"/{Look.Part(project)}"), new Crumb($"Run {run}", href), new Crumb("Cancel")]),
        });
    }

    /// <param name="to">The run to go back to; null: the version before.</param>
    private static Question RollBack(EnvironmentState state, EnvironmentView view, Place place, DateTimeOffset now, int? to)
    {
        var leaves = state.Versions.Count == 0 ? "" : Migrations.Leaves(state, to);
        var left = leaves.Length > 0 ? leaves + " " : "";
        if (state.Active is { } active)
        {
            var remains = view.Live is { } stays ? $"run {stays.Run} ({Look.Commit(stays.Commit)}) stays live" : "nothing is live then";
            return place.Question(
                $"Roll back {view.Name}?",
                $"{left}Deployment {active.Number} of run {active.Candidate.Run} is ended and taken back; {remains}. "
                    + "The environment is held afterwards.",
                "Roll back", "rollback") with
            { AsksReason = true };
        }

        var goal = to is null ? view.RollbackTarget
            : state.Versions.Count > 0 && Rollback.Target(state, to) is { } known && Migrations.Bars(state, known) is null ? LiveView.Of(known) : null;
        if (goal is not { } target)
            return place.Question($"Roll back {view.Name}?", NoTarget(state, to), "Roll back", "rollback") with { IsPossible = false };
        var until = Models.LiveUntil(state, target) is { } end ? $", live until {Look.Day(end, now)}" : "";
        var replaced = view.Live is { } live
            ? $" It replaces run {live.Run} ({Look.Commit(live.Commit)}); automation will not deploy that here again."
            : "";
        return place.Question(
            $"Roll back {view.Name} to run {target.Run}?",
            $"{left}Run {target.Run} ({Look.Commit(target.Commit)} \u201c{target.Subject}\u201d{until}) takes the traffic "
                + $"once it is healthy.{replaced} The variables it ran with come back, secrets stay the current ones. "
                + "The environment is held afterwards, until somebody resumes.",
            $"Roll back to run {target.Run}", "rollback") with
        {
            AsksReason = true,
            Fields = to is null ? new Dictionary<string, string>() : new() { ["to"] = target.Run.ToString(CultureInfo.InvariantCulture) },
        };
    }

    private static string NoTarget(EnvironmentState state, int? to) =>
        state.Versions.Count > 0 && Rollback.Target(state, to) is { } target && Migrations.Bars(state, target) is { } why
            ? $"There is no way back to run {target.Candidate.Run}. {why}"
            : to is null ? "There is no earlier version to go back to." : $"There is no way back to run {to}: it is live, or was rolled back itself, or is not kept.";

    private static IResult Ask(
        string project, string environment, Inventory inventory, Func<EnvironmentState, EnvironmentView, Place, Question> question) =>
        inventory.Project(project) is { } known && inventory.Environment(known, environment) is { } state
            ? PageResults.Page<ConfirmPage>(
                new { Question = question(state, inventory.View(known, state), new Place(project, environment)) })
            : PageResults.NotHere(Asked.NoEnvironment(project, environment).Sentence);

    /// <summary>The environment that is asked about.</summary>
    private sealed record Place(string Project, string Environment)
    {
        private string Href => $"/{Look.Part(Project)}/environments/{Look.Part(Environment)}";

        public Question Question(string title, string what, string button, string deed) => new(
            Project, title, what, button, $"{Href}/{deed}", Href,
            [new Crumb(Project, $"/{Look.Part(Project)}"), new Crumb(Environment, Href), new Crumb(button)]);
    }
}
