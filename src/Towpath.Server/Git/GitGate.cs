using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;
using Towpath.Engine;
using Towpath.Engine.Git;

namespace Towpath.Server.Git;

/// <summary>Git over HTTP for all projects. Who may come in is decided before: whoever gets here may read and push.</summary>
public sealed class GitGate(ControlPlane control, Repositories repositories, TimeProvider time, ILogger<GitGate> log) : IDisposable
{
    private readonly HttpBackend backend = new(repositories, time, log);
    private readonly CancellationTokenSource closing = new();
    private Doorbell? bell;
    private PushDesk? desk;

    /// <summary>
    /// What agents said of the steps of an attempt under way, by the attempt's id; for pushes that wait for the whole
    /// journey.
    /// </summary>
    public Func<string, IReadOnlyList<StepResult>?>? Progress { get; init; }

    /// <summary>Null: nobody looks.</summary>
    public DiskRoom? Room { get; init; }

    /// <summary>Clears away what an earlier server left, and lets pushes in from here on. Call once.</summary>
    public void Start()
    {
        repositories.Sweep(time.GetUtcNow());
        HookScripts.Write(repositories.HooksFolder);
        bell = new Doorbell(Path.Combine(repositories.Folder, "bell"));
        desk = new PushDesk(control, repositories, Conflict, Progress, time, log) { Room = Room };
    }

    /// <summary>The server is stopping: pushes under way are finished, and none of them waits for its run any longer.</summary>
    public void Close() => closing.Cancel();

    public void Dispose()
    {
        bell?.Dispose();
        closing.Dispose();
    }

    /// <summary>
    /// <c>GET info/refs?service=…</c>: what there is. An unknown project may be pushed to, and is made when something comes.
    /// </summary>
    internal Task AdvertiseAsync(HttpContext context, string project)
    {
        var service = context.Request.Query["service"].ToString();
        if (service is not ("git-upload-pack" or "git-receive-pack"))
        {
            return Answers.SayAsync(
                context, StatusCodes.Status403Forbidden, "Only git's smart HTTP protocol is served: use git 1.6.6 or newer.");
        }

        if (ProjectName.Problem(project) is { } problem)
            return Answers.SayAsync(context, StatusCodes.Status404NotFound, problem);
        // Here and not only when it comes: nothing has been sent yet, and git prints the sentence.
        if (service == "git-receive-pack" && Room?.Look().Problem is { } full)
            return Answers.SayAsync(context, StatusCodes.Status507InsufficientStorage, full);
        if (repositories.Exists(project))
            return backend.ServeAsync(context, repositories.PathOf(project), "info/refs", null);
        return service == "git-receive-pack"
            ? backend.ServeAsync(context, repositories.EmptyRepository, "info/refs", null)
            : UnknownAsync(context, project);
    }

    /// <summary><c>POST git-upload-pack</c>: clones and fetches.</summary>
    internal Task FetchAsync(HttpContext context, string project) => ProjectName.Problem(project) is null && repositories.Exists(project)
        ? backend.ServeAsync(context, repositories.PathOf(project), "git-upload-pack", null)
        : UnknownAsync(context, project);

    /// <summary><c>POST git-receive-pack</c>: pushes.</summary>
    internal async Task PushAsync(HttpContext context, string project)
    {
        if (bell is null || desk is null)
            throw new InvalidOperationException($"{nameof(GitGate)} is not started.");
        if (ProjectName.Problem(project) is { } problem)
        {
            await Answers.SayAsync(context, StatusCodes.Status404NotFound, problem);
            return;
        }

        try
        {
            repositories.Create(project);
            var address = $"{context.Request.Scheme}://{context.Request.Host}{context.Request.PathBase}";
            using var session = new PushSession(repositories, bell, project, address, closing.Token);
            await ServeAsync(context, session, bell, desk);
        }
        catch (IOException e) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            log.LogError(e, "A push to {Project} could not be taken", project);
            await Answers.SayAsync(
                context, StatusCodes.Status503ServiceUnavailable, $"The server cannot take the push: {e.Message} Mend that and push again.");
        }

        _ = TidyAsync(project);
    }

    private async Task ServeAsync(HttpContext context, PushSession session, Doorbell door, PushDesk answers)
    {
        Task answering = Task.CompletedTask;
        door.Add(session.Id, stage => answering = Task.Run(() => answers.AnswerAsync(session, stage)));
        await backend.ServeAsync(context, repositories.PathOf(session.Project), "git-receive-pack", session);
        session.GiveUp();
        await answering;
    }

    /// <summary>After the client has its answer.</summary>
    private async Task TidyAsync(string project)
    {
        try
        {
            await repositories.TidyAsync(project);
        }
        catch (Exception e)
        {
            log.LogWarning(e, "The packs of {Project} could not be put together; the next push tries again", project);
        }
    }

    private string? Conflict(string project, Pipeline pipeline) => ListenClaims.Conflict(control, project, pipeline);

    private static Task UnknownAsync(HttpContext context, string project) => Answers.SayAsync(
        context, StatusCodes.Status404NotFound,
        $"There is no project '{PlainText.Line(project, ProjectName.LengthAtMost)}' here: its first push makes it, "
            + "or the address has a typing error.");
}
