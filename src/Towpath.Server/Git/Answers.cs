using Microsoft.AspNetCore.Http;

namespace Towpath.Server.Git;

/// <summary>Sentences for a git client: it shows the body of an error when that is plain text.</summary>
internal static class Answers
{
    public static Task SayAsync(HttpContext context, int status, string sentence)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(sentence + "\n", context.RequestAborted);
    }
}
