using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Towpath.Core;
using Towpath.Engine.Views;
using Towpath.Server.Logs;

namespace Towpath.Server.Api;

internal static class LogEndpoints
{
    private const string Attempt = "/logs/{project}/runs/{run:int}/jobs/{job}/attempts/{attempt:int}";
    private const string Deployment = "/logs/{project}/environments/{environment}/deployments/{deployment:int}";

    public static void MapLogs(this IEndpointRouteBuilder api)
    {
        var logs = api.MapGroup("").WithTags("Logs").ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status410Gone);
        foreach (var pattern in (ReadOnlySpan<string>)[Attempt, Deployment])
        {
            var what = pattern == Attempt ? "a job's attempt" : "a deployment";
            logs.MapGet(pattern, Read).Produces<LogPart>().Produces<string>(StatusCodes.Status200OK, "text/plain")
                .WithSummary($"Reads the log of {what}: JSON, or plain text with 'Accept: text/plain'.")
                .WithDescription($"'from' is the first line's number, 1 when it is missing. "
                    + $"At most {LogAccess.PartAtMost} lines come at once as JSON ('next' says where to go on); plain text is whole.");
            logs.MapGet(pattern + "/follow", Follow).Produces<LogLine>(StatusCodes.Status200OK, "text/event-stream")
                .WithSummary($"Server-sent events: the log of {what}, line by line, to its end.")
                .WithDescription("An event 'line' for each line, its id the line's number; "
                    + "'Last-Event-ID' goes on after that line without gap or repetition. An event 'complete' at the end.");
        }
    }

    private static async Task Read(HttpContext context, Inventory inventory, LogAccess logs, long from = 1)
    {
        var log = LogOf(context);
        if (!await IsKnownAsync(context, inventory) || !await IsNumberAsync(context, from))
            return;
        if (!WantsText(context.Request))
        {
            await TypedResults.Ok(logs.Read(log, from, LogAccess.PartAtMost)).ExecuteAsync(context);
            return;
        }

        context.Response.ContentType = "text/plain; charset=utf-8";
        await using var text = new StreamWriter(context.Response.Body);
        foreach (var line in logs.All(log, from))
            await text.WriteAsync($"{line.Text}\n");
    }

    private static async Task Follow(HttpContext context, Inventory inventory, LogAccess logs, EventStreams streams, long from = 1)
    {
        var log = LogOf(context);
        if (!await IsKnownAsync(context, inventory) || !await IsNumberAsync(context, from))
            return;
        if (long.TryParse(context.Request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            && last < long.MaxValue)
            from = last + 1;
        await streams.WriteAsync(context, cancel => Lines(logs, log, from, cancel));
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Lines(
        LogAccess logs, string log, long from, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var line in logs.FollowAsync(log, from, cancel))
            yield return EventStreams.Event("line", line.Number, JsonSerializer.Serialize(line, CoreJson.Options));
        yield return EventStreams.Event("complete", null, "{}");
    }

    /// <summary>The log's id is the path between <c>/logs/</c> and <c>/follow</c>, made of the route's own values.</summary>
    private static string LogOf(HttpContext context)
    {
        var values = context.Request.RouteValues;
        return values["job"] is { } job
            ? $"{values["project"]}/runs/{values["run"]}/jobs/{job}/attempts/{values["attempt"]}"
            : $"{values["project"]}/environments/{values["environment"]}/deployments/{values["deployment"]}";
    }

    /// <summary>True when there is such an attempt or deployment; else it is answered what is missing.</summary>
    private static async Task<bool> IsKnownAsync(HttpContext context, Inventory inventory)
    {
        var values = context.Request.RouteValues;
        var project = (string)values["project"]!;
        var missing = inventory.Project(project) is not { } known ? Asked.NoProject(project)
            : values["job"] is string job ? MissingAttempt(inventory, project, Number(values["run"]), job, Number(values["attempt"]))
            : MissingDeployment(inventory, known, (string)values["environment"]!, Number(values["deployment"]));
        if (missing is { } asked)
            await ApiAnswers.Problem(asked).ExecuteAsync(context);
        else if (Collected(inventory, project, values) is { } gone)
            await ApiAnswers.Problem(StatusCodes.Status410Gone, gone).ExecuteAsync(context);
        else
            return true;
        return false;
    }

    private static string? Collected(Inventory inventory, string project, RouteValueDictionary values) =>
        values["job"] is not null && inventory.Run(project, Number(values["run"])) is { Collected: { } at } run
            ? RunView.CollectedSentence(run.Number, at)
            : null;

    private static Asked? MissingAttempt(Inventory inventory, string project, int run, string job, int attempt)
    {
        if (inventory.Run(project, run) is not { } found)
            return Asked.NoRun(project, run);
        var attempts = found.Jobs.FirstOrDefault(one => one.Definition.Name == job)?.Attempts;
        return attempts is null ? Asked.Unknown($"Run {run} has no job '{job}'.")
            : attempts.Any(one => one.Number == attempt) ? null : Asked.Unknown($"The job '{job}' of run {run} has no attempt {attempt}.");
    }

    private static Asked? MissingDeployment(Inventory inventory, Core.Commits.ProjectState project, string environment, int deployment) =>
        inventory.Environment(project, environment) is not { } found ? Asked.NoEnvironment(project.Name, environment)
        // Old deployments leave the machine's memory, their logs stay.
        : deployment >= 1 && deployment < found.NextDeployment ? null : Asked.Unknown($"'{environment}' has no deployment {deployment}.");

    private static async Task<bool> IsNumberAsync(HttpContext context, long from)
    {
        if (from < 1)
            await ApiAnswers.Problem(Asked.Invalid("'from' is the number of a line, from 1.")).ExecuteAsync(context);
        return from >= 1;
    }

    private static bool WantsText(HttpRequest request) =>
        request.Headers.Accept.ToString() is { } accept && accept.Contains("text/plain", StringComparison.OrdinalIgnoreCase)
            && !accept.Contains("json", StringComparison.OrdinalIgnoreCase);

    private static int Number(object? value) => int.Parse((string)value!, CultureInfo.InvariantCulture);
}
