using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Towpath.Core.Environments;
using Towpath.Engine.Views;

namespace Towpath.Server.Api;

internal static class SettingsEndpoints
{
    public static void MapSettings(this IEndpointRouteBuilder api)
    {
        var settings = api.MapGroup("/projects/{project}/environments/{environment}").WithTags("Settings")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status400BadRequest);
        settings.MapGet("settings", Show).WithSummary("Shows the variables and the names of the secrets that the next deployment gets.");
        settings.MapPatch("settings", SetVariables)
            .WithSummary("Sets variables; those that are not named stay as they are, null removes one.")
            .WithDescription("What is live is deployed again with the new settings, unless the environment is held.");
        settings.MapPut("secrets/{name}", SetSecret).WithSummary("Sets a secret. Its value is never given back.");
        settings.MapDelete("secrets/{name}", RemoveSecret).WithSummary("Removes a secret.");
    }

    private static Results<Ok<SettingsView>, ProblemHttpResult> Show(string project, string environment, Inventory inventory) =>
        EnvironmentEndpoints.Find(project, environment, inventory, out var missing) is { } found ? TypedResults.Ok(View(found)) : missing!;

    private static async Task<Results<Ok<SettingsView>, ProblemHttpResult>> SetVariables(
        string project, string environment, SettingsBody body, SettingsDesk desk, Inventory inventory, HttpContext context) =>
        Answer(project, environment, inventory, await desk.SetVariablesAsync(
            project, environment, body.Variables ?? [], ApiAnswers.By(context)));

    private static async Task<Results<Ok<SettingsView>, ProblemHttpResult>> SetSecret(
        string project, string environment, string name, SecretBody body, SettingsDesk desk, Inventory inventory, HttpContext context) =>
        Answer(project, environment, inventory, await desk.SetSecretAsync(
            project, environment, name, body.Value ?? "", ApiAnswers.By(context)));

    private static async Task<Results<Ok<SettingsView>, ProblemHttpResult>> RemoveSecret(
        string project, string environment, string name, SettingsDesk desk, Inventory inventory, HttpContext context) =>
        Answer(project, environment, inventory, await desk.RemoveSecretAsync(project, environment, name, ApiAnswers.By(context)));

    private static Results<Ok<SettingsView>, ProblemHttpResult> Answer(
        string project, string environment, Inventory inventory, Asked asked) =>
        asked.Status == AskedStatus.Taken
            ? TypedResults.Ok(View(inventory.Environment(inventory.Project(project)!, environment)!))
            : ApiAnswers.Problem(asked);

    private static SettingsView View(EnvironmentState state) =>
        new(state.Settings.Revision, state.Settings.Variables, [.. state.Settings.Secrets.Keys]);
}
