using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Towpath.Server.Git;

/// <summary>Where git finds the projects: <c>/git/NAME.git</c>.</summary>
public static class GitEndpoints
{
    /// <summary>
    /// A client that sent no password, or a wrong one, must be answered 401 with <c>WWW-Authenticate: Basic realm="Towpath"</c>
    /// before it gets here: then git asks for one.
    /// </summary>
    public static IEndpointConventionBuilder MapGit(this IEndpointRouteBuilder routes, GitGate gate)
    {
        routes.ServiceProvider.GetService<IHostApplicationLifetime>()?.ApplicationStopping.Register(gate.Close);
        var group = routes.MapGroup("/git");
        group.MapGet("/{project}.git/info/refs", (HttpContext context, string project) => gate.AdvertiseAsync(context, project));
        group.MapPost("/{project}.git/git-upload-pack", (HttpContext context, string project) => gate.FetchAsync(context, project));
        group.MapPost("/{project}.git/git-receive-pack", (HttpContext context, string project) => gate.PushAsync(context, project));
        group.Map("/{**rest}", (HttpContext context) => Answers.SayAsync(
            context,
            StatusCodes.Status404NotFound,
            "Repositories are at /git/NAME.git; git clone, fetch and push are served there, and nothing else."));
        return group.ExcludeFromDescription();
    }
}
