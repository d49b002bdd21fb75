using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Towpath.Engine.Journal;
using Towpath.Engine.Logs;
using Towpath.Engine.Packages;
using Towpath.Engine.Settings;

namespace Towpath.Server.Api;

/// <summary>Gives every answer of the API that is not a success a body with a sentence, whoever gave the answer.</summary>
public sealed partial class ApiProblems(RequestDelegate next, ILogger<ApiProblems> log)
{
    private const string TooLarge = "The body is larger than this accepts.";
    private const string NotJson =
        "Send the body with Content-Type: application/json, or application/x-tar where /api/v1/openapi.json says that.";

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (!context.Response.HasStarted && context.Response.ContentType is null && Sentence(context) is { } sentence)
                await WriteAsync(context, context.Response.StatusCode, sentence);
        }
        catch (Exception e) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            var (status, sentence) = Explain(e);
            if (status == StatusCodes.Status500InternalServerError)
                log.LogError(e, "{Method} {Path} failed", context.Request.Method, context.Request.Path);
            context.Response.Clear();
            await WriteAsync(context, status, sentence);
        }
    }

    /// <summary>ENOSPC.</summary>
    internal const int NoSpaceLeft = 28;

    /// <summary>What went wrong, for who asked.</summary>
    internal static (int Status, string Sentence) Explain(Exception e) => e switch
    {
        SecretException { IsRefusal: true } => (StatusCodes.Status400BadRequest, e.Message),
        JournalException or LogException or SecretException or DamagedPackageException =>
            (StatusCodes.Status503ServiceUnavailable, e.Message),
        IOException { HResult: NoSpaceLeft } =>
            (StatusCodes.Status507InsufficientStorage, "The server's disk is full; make room there, then try again."),
        PackageException => (StatusCodes.Status400BadRequest, e.Message),
        BadHttpRequestException { InnerException: JsonException json } =>
            (StatusCodes.Status400BadRequest,
                $"The body is not the JSON that is asked for{Place(json)}; /api/v1/openapi.json says what is."),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } =>
            (StatusCodes.Status413PayloadTooLarge, TooLarge),
        BadHttpRequestException { StatusCode: StatusCodes.Status415UnsupportedMediaType } =>
            (StatusCodes.Status415UnsupportedMediaType, NotJson),
        BadHttpRequestException bad => (bad.StatusCode, Sentence(bad)),
        _ => (StatusCodes.Status500InternalServerError, "The server made a mistake; its log (DATA/logs/server.log) says more."),
    };

    private static string Place(JsonException json) =>
        json.Path is { Length: > 0 } path ? $" (at {path}{(json.LineNumber is { } line ? $", line {line + 1}" : "")})" : "";

    /// <summary>The framework speaks of types and services; who asks has a query and a body.</summary>
    private static string Sentence(BadHttpRequestException bad)
    {
        if (WrongValue().Match(bad.Message) is { Success: true } wrong)
            return $"'{wrong.Groups["name"]}' cannot be '{wrong.Groups["value"]}'; /api/v1/openapi.json says what it can be.";
        if (MissingValue().Match(bad.Message) is { Success: true } missing)
            return $"'{missing.Groups["name"]}' is missing in the query; /api/v1/openapi.json says what it is.";
        return bad.Message.Contains("no body was provided", StringComparison.Ordinal)
            ? "The body is missing; /api/v1/openapi.json says what is asked for."
            : bad.Message;
    }

    [GeneratedRegex("""^Failed to bind parameter "\S+ (?<name>\w+)" from "(?<value>.*)"\.$""", RegexOptions.Singleline)]
    private static partial Regex WrongValue();

    [GeneratedRegex("""^Required parameter "\S+ (?<name>\w+)" was not provided from query string\.$""")]
    private static partial Regex MissingValue();

    private static string? Sentence(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound =>
            $"The API has no {context.Request.Method} {context.Request.Path}; /api/v1/openapi.json says what it has.",
        StatusCodes.Status405MethodNotAllowed =>
            $"{context.Request.Path} does not take {context.Request.Method}; /api/v1/openapi.json says what it takes.",
        StatusCodes.Status415UnsupportedMediaType => NotJson,
        StatusCodes.Status413PayloadTooLarge => TooLarge,
        _ => null,
    };

    private static Task WriteAsync(HttpContext context, int status, string sentence) =>
        ApiAnswers.Problem(status, sentence).ExecuteAsync(context);
}
