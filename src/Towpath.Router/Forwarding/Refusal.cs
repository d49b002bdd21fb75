using System.Text;
using Microsoft.AspNetCore.Http;

namespace Towpath.Router.Forwarding;

/// <summary>What the router itself answers, when no app does: plain text, never kept by a cache.</summary>
internal static class Refusal
{
    public static Task WriteAsync(HttpContext context, int status, string sentence)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "text/plain; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        if (status == StatusCodes.Status503ServiceUnavailable)
            response.Headers.RetryAfter = "1";

        var body = Encoding.UTF8.GetBytes($"{status}: {sentence}\n");
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(body).AsTask();
    }
}
