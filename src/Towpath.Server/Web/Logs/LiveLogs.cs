using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Towpath.Core;
using Towpath.Server.Logs;

namespace Towpath.Server.Web.Logs;

/// <summary>Lines of a log as a page asks for them: it holds no more than it shows.</summary>
/// <param name="First">The number of the first of the rows.</param>
/// <param name="Count">Lines in the log so far.</param>
/// <param name="Complete">No line follows those.</param>
internal sealed record LogRows(long First, long Count, bool Complete, IReadOnlyList<string> Rows);

/// <summary>Logs for pages: the part that is looked at, what is searched for, and all of it as text.</summary>
internal static class LiveLogs
{
    /// <summary>Lines in one answer at most.</summary>
    private const int RowsAtMost = 500;

    private const int TextAtMost = 200;

    public static void MapLiveLogs(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/-/lines/{**log}", Lines);
        pages.MapGet("/-/matches/{**log}", MatchesAsync);
        pages.MapGet("/-/outline/{**log}", OutlineAsync);
        pages.MapGet("/-/text/{**log}", Text);
    }

    /// <summary>The ids of logs: an attempt's, and a deployment's.</summary>
    public static bool IsLog(string log) => log.Split('/') is
        [{ Length: > 0 }, "runs", { Length: > 0 }, "jobs", { Length: > 0 }, "attempts", { Length: > 0 }]
        or [{ Length: > 0 }, "environments", { Length: > 0 }, "deployments", { Length: > 0 }];

    /// <summary>The end of a log, for who was there before; the line before the first of its rows came at a time that nobody knows here.</summary>
    public static LogRows Rows(LogEnd end) => new(
        end.Last.Count > 0 ? end.Last[0].Number : end.Count + 1, end.Count, end.Complete, [.. LogHtml.Lines(end.Last, null)]);

    /// <param name="whole">One line, however long it is.</param>
    private static IResult Lines(string log, LogAccess logs, long from = 1, int limit = 200, bool whole = false)
    {
        if (!IsLog(log))
            return NoLog();
        var first = Math.Max(1, from);
        // One more, which says how long after it the first came.
        var before = first > 1 ? 1 : 0;
        var part = logs.Read(log, first - before, (whole ? 1 : Math.Clamp(limit, 1, RowsAtMost)) + before);
        var rows = whole ? [.. part.Lines.Skip(before).Select(line => LogHtml.Line(line, most: int.MaxValue))]
            : LogHtml.Lines(part.Lines, null).Skip(before).ToList();
        var count = Math.Max(logs.Count(log), part.Lines.Count > 0 ? part.Next - 1 : 0);
        return TypedResults.Json(new LogRows(first, count, part.Complete, rows), CoreJson.Options);
    }

    private static async Task<IResult> MatchesAsync(string log, LogSearch search, HttpContext context, string text = "", long from = 1)
    {
        if (!IsLog(log))
            return NoLog();
        return text.Length is 0 or > TextAtMost
            ? TypedResults.BadRequest($"Search for 1 to {TextAtMost} characters.")
            : TypedResults.Json(await search.FindAsync(log, text, Math.Max(1, from), context.RequestAborted), CoreJson.Options);
    }

    private static async Task<IResult> OutlineAsync(string log, LogSearch search, HttpContext context, long from = 1) => IsLog(log)
        ? TypedResults.Json(await search.OutlineAsync(log, Math.Max(1, from), context.RequestAborted), CoreJson.Options)
        : NoLog();

    private static async Task Text(HttpContext context, string log, LogAccess logs)
    {
        if (!IsLog(log))
        {
            await NoLog().ExecuteAsync(context);
            return;
        }

        context.Response.ContentType = "text/plain; charset=utf-8";
        await using var text = new StreamWriter(context.Response.Body);
        foreach (var line in logs.All(log, 1))
            await text.WriteAsync($"{line.Text}\n");
    }

    private static IResult NoLog() => PageResults.NotHere("There is no such log.");
}
