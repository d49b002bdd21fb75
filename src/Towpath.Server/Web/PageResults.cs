using Microsoft.AspNetCore.Http;

namespace Towpath.Server.Web;

internal static class PageResults
{
    public static IResult Refused(int status, string sentence) => TypedResults.Text(sentence, statusCode: status);
}
