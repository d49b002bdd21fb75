using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Towpath.Server.Api;

/// <summary>How the API says no: a problem document whose detail is one sentence.</summary>
public static class ApiAnswers
{
    /// <summary>The header in which a client names the person it acts for.</summary>
    public const string ByHeader = "X-Towpath-By";

    private const int LongestName = 64;

    public static ProblemHttpResult Problem(int status, string sentence) => TypedResults.Problem(sentence, statusCode: status);

    public static ProblemHttpResult Problem(Asked asked) => Problem(StatusOf(asked.Status), asked.Sentence);

    /// <summary>Who asks: the owner, unless the client names somebody.</summary>
    /// <exception cref="BadHttpRequestException">The name is no name.</exception>
    public static string By(HttpContext context)
    {
        var name = context.Request.Headers[ByHeader].ToString().Trim();
        if (name.Length > LongestName || name.Any(char.IsControl))
            throw new BadHttpRequestException($"{ByHeader} is a name of at most {LongestName} printable characters.");
        return name.Length == 0 ? "owner" : name;
    }

    public static int StatusOf(AskedStatus status) => status switch
    {
        AskedStatus.Unknown => StatusCodes.Status404NotFound,
        AskedStatus.Refused => StatusCodes.Status409Conflict,
        AskedStatus.Invalid => StatusCodes.Status400BadRequest,
        AskedStatus.Unable => StatusCodes.Status503ServiceUnavailable,
        _ => throw new UnreachableException(),
    };
}
