using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Towpath.Server.Api;
using Towpath.Server.Logs;

namespace Towpath.Server.Web;

/// <summary>Logs for pages: lines that become part of a page as they come, and whole as text.</summary>
internal static class LiveLogs
{
    public static void MapLiveLogs(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/-/follow/{**log}", Follow);
        pages.MapGet("/-/text/{**log}", Text);
    }

    /// <summary>The ids of logs: an attempt's, and a deployment's.</summary>
    private static bool IsLog(string log) => log.Split('/') is
        [{ Length: > 0 }, "runs", { Length: > 0 }, "jobs", { Length: > 0 }, "attempts", { Length: > 0 }]
        or [{ Length: > 0 }, "environments", { Length: > 0 }, "deployments", { Length: > 0 }];

    private static async Task Follow(HttpContext context, string log, LogAccess logs, EventStreams streams, long from = 1)
    {
        if (!IsLog(log))
        {
            await PageResults.NotHere("There is no such log.").ExecuteAsync(context);
            return;
        }

        if (long.TryParse(context.Request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            && last < long.MaxValue)
            from = last + 1;
        await streams.WriteAsync(context, cancel => Lines(logs, log, Math.Max(1, from), cancel));
    }

    private static async IAsyncEnumerable<string> Lines(
        LogAccess logs, string log, long from, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var line in logs.FollowAsync(log, from, cancel))
            yield return EventStreams.Event("line", line.Number, LogHtml.Line(line));
        yield return EventStreams.Event("complete", null, "1");
    }

    private static async Task Text(HttpContext context, string log, LogAccess logs)
    {
        if (!IsLog(log))
        {
            await PageResults.NotHere("There is no such log.").ExecuteAsync(context);
            return;
        }

        context.Response.ContentType = "text/plain; charset=utf-8";
        await using var text = new StreamWriter(context.Response.Body);
        foreach (var line in logs.All(log, 1))
            await text.WriteAsync($"{line.Text}\n");
    }
}
