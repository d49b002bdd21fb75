using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Towpath.Server.Access;

/// <summary>A request that is not answered, in the form that the asker reads: a page, a problem document, or a line for git.</summary>
/// <param name="Sentence">What is wrong and what to do.</param>
public sealed record Refusal(int Status, string Sentence)
{
    public async Task WriteAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        response.StatusCode = Status;
        if (request.Path.StartsWithSegments("/git"))
        {
            if (Status == StatusCodes.Status401Unauthorized)
                response.Headers.WWWAuthenticate = "Basic realm=\"Towpath\"";
            response.ContentType = "text/plain; charset=utf-8";
            await response.WriteAsync(Sentence + "\n", context.RequestAborted);
        }
        else if (IsForPeople(request))
        {
            await Web.PageResults.Refused(Status, Sentence).ExecuteAsync(context);
        }
        else
        {
            if (Status == StatusCodes.Status401Unauthorized)
                response.Headers.WWWAuthenticate = "Bearer realm=\"Towpath\"";
            await TypedResults.Problem(Sentence, statusCode: Status).ExecuteAsync(context);
        }
    }

    /// <summary>A browser asks for a page, and not a program for an answer.</summary>
    public static bool IsForPeople(HttpRequest request) =>
        !request.Path.StartsWithSegments("/api")
            && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
}
