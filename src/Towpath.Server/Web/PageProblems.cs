using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Towpath.Server.Api;

namespace Towpath.Server.Web;

/// <summary>What went wrong on the way to a page, as a page.</summary>
public sealed class PageProblems(RequestDelegate next, ILogger<PageProblems> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception e) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            var (status, sentence) = ApiProblems.Explain(e);
            if (status == StatusCodes.Status500InternalServerError)
                log.LogError(e, "{Method} {Path} failed", context.Request.Method, context.Request.Path);
            await PageResults.Wrong(status, sentence).ExecuteAsync(context);
        }
    }
}
