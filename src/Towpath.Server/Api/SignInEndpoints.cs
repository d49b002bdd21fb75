using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Towpath.Server.Access;

namespace Towpath.Server.Api;

internal static class SignInEndpoints
{
    public static void MapSignIn(this IEndpointRouteBuilder api) =>
        api.MapPost("/sign-in-codes", Make).WithTags("Access")
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .WithSummary("Makes a link that signs one browser in, once, within ten minutes.")
            .WithDescription("Only for those who show the token itself: a browser's session cannot make another one.");

    private static Results<Created<SignInLink>, ProblemHttpResult> Make(HttpContext context, SignInCodes codes, ServerIdentity identity)
    {
        if (context.User.Identity?.AuthenticationType != nameof(Credential.Token))
            return ApiAnswers.Problem(
                StatusCodes.Status403Forbidden, "A sign-in link is only made for the token itself: use 'towpath open'.");
        var (code, expires) = codes.Make();
        return TypedResults.Created((string?)null, new SignInLink($"{identity.Page("sign-in")}?code={code}", expires));
    }
}
