using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Engine;
using Towpath.Engine.Git;
using Towpath.Engine.Packages;
using Towpath.Engine.Views;

namespace Towpath.Server.Api;

internal static class PackageEndpoints
{
    /// <summary>Bytes of an uploaded app layer.</summary>
    private const long UploadAtMost = 4L * 1024 * 1024 * 1024;

    public static void MapPackages(this IEndpointRouteBuilder api) =>
        api.MapPost("/projects/{project}/packages", Upload).WithTags("Packages")
            .WithMetadata(new RequestSizeLimitAttribute(UploadAtMost))
            .Accepts<Stream>("application/x-tar")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status507InsufficientStorage)
            .WithSummary("Takes a package that was built elsewhere into the flow; answers its run.")
            .WithDescription("The body is a plain tar archive of the app layer; "
                + "'commit' is the full SHA of a commit that was pushed to the default branch.");

    private static async Task<Results<Created<RunView>, ProblemHttpResult>> Upload(
        string project, string commit, HttpContext context, Inventory inventory, ControlPlane plane, PackageStore store,
        PackageBuilder builder, Repositories repositories)
    {
        var by = ApiAnswers.By(context);
        if (inventory.Project(project) is not { } known)
            return ApiAnswers.Problem(Asked.NoProject(project));
        if (commit.Length is not (40 or 64) || !commit.All(char.IsAsciiHexDigitLower))
            return ApiAnswers.Problem(Asked.Invalid("'commit' is the full SHA of a commit: 40 hexadecimal digits."));
        if (context.RequestServices.GetService<DiskRoom>()?.Look().Problem is { } full)
            return ApiAnswers.Problem(StatusCodes.Status507InsufficientStorage, full);
        // Asked before gigabytes are taken in; the machine has the last word.
        if (!known.Requests.Any(request => request.Commit == commit && request.Deploys))
            return ApiAnswers.Problem(
                Asked.Refused($"Commit {commit} was not pushed to the default branch of '{project}': "
                + "push it first, so that its pipeline file is known."));
        var archive = await store.PutBlobAsync(context.Request.Body, null, UploadAtMost, context.RequestAborted);
        var built = await builder.BuildUploadedAsync(project, commit, archive, repositories.PathOf(project), context.RequestAborted);
        if (built.Package is not { } package)
            return ApiAnswers.Problem(
                built.Outcome == Outcome.Failed ? StatusCodes.Status400BadRequest : StatusCodes.Status503ServiceUnavailable, built.Reason);
        if (await plane.Loop.AskAsync(StreamId.OfProject(project), new RequestUpload(commit, package, by)) is { } refusal)
            return ApiAnswers.Problem(Asked.Refused(refusal));
        var run = plane.Project(project)!.Requests.Last(request => request.Commit == commit && request.Uploaded == package).Number;
        return RunEndpoints.Created(project, run, inventory);
    }
}
