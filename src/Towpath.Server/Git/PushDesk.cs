using Microsoft.Extensions.Logging;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Commits;
using Towpath.Core.Pipelines;
using Towpath.Engine;
using Towpath.Engine.Git;
using Towpath.Engine.Journal;
using Towpath.Protocol.Failpoints;

namespace Towpath.Server.Git;

/// <summary>
/// Answers the hooks of pushes: announces what a push is going to do before any ref moves, settles what it did, and
/// tells the person who pushed.
/// </summary>
/// <param name="progress">What agents said of the steps of an attempt under way.</param>
internal sealed class PushDesk(
    ControlPlane control,
    Repositories repositories,
    Func<string, Pipeline, string?> conflict,
    Func<string, IReadOnlyList<StepResult>?>? progress,
    TimeProvider time,
    ILogger log)
{
    /// <summary>How long a push waits for an earlier one of the same ref to be settled.</summary>
    private static readonly TimeSpan TurnAtMost = TimeSpan.FromMinutes(1);

    /// <summary>How long <c>-o wait</c> follows a run and its deployments.</summary>
    private static readonly TimeSpan JourneyAtMost = TimeSpan.FromHours(1);

    /// <summary>Steps under way are not in the journal, so no change announces them.</summary>
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(250);

    private readonly PushInspection inspection = new(repositories, conflict);

    /// <summary>Null: nobody looks.</summary>
    public DiskRoom? Room { get; init; }

    /// <summary>A hook rang.</summary>
    public async Task AnswerAsync(PushSession session, string stage)
    {
        try
        {
            session.TakeWritingEnd();
            await (stage == "pre" ? BeforeAsync(session) : AfterAsync(session));
        }
        catch (Exception e) when (session.Over.IsCancellationRequested
            && e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Client or git went away: what was announced is settled from the reflog. The hook must not wait for more.
            session.HangUp();
        }
        catch (Exception e)
        {
            log.LogError(e, "Push {Push} to {Project} could not be answered ({Stage})", session.Id, session.Project, stage);
            TryRefuse(
                session, e is JournalException or GitException ? e.Message : "The server could not handle the push; its log says why.");
        }
    }

    private async Task BeforeAsync(PushSession session)
    {
        var intent = session.Intent = PushIntent.Parse(session.Read("pre"));
        var stream = StreamId.OfProject(session.Project);
        var isMyTurn = await TurnAsync(session, [.. intent.Updates.Select(update => update.Ref)]);
        var finding = Room?.Look().Problem is { } full ? PushFinding.Refuse(full)
            : isMyTurn
            ? await inspection.InspectAsync(session.Project, control.Project(session.Project), intent, session.Over)
            : PushFinding.Refuse("An earlier push of the same branch is not settled yet; push again in a minute.");
        Failpoint.Cross("push.announcing");
        var refusal = finding.Refusal.Count > 0 ? finding.Refusal
            : await control.Loop.AskAsync(stream, new AnnouncePush(session.Id, finding.Changes)) is { } refused ? [refused]
            : [];
        if (refusal.Count > 0)
        {
            session.Say(refusal);
            session.Refuse();
            return;
        }

        Failpoint.Cross("push.announced");
        session.Changes = finding.Changes;
        if (intent.Options.FirstOrDefault(option => option != PushIntent.WaitOption) is { } unknown)
        {
            session.Say(
                $"The push option '{PlainText.Line(unknown, 40)}' is not known and does nothing; there is '{PushIntent.WaitOption}'.");
        }

        session.Accept();
        Failpoint.Cross("push.accepted");
    }

    /// <summary>
    /// Waits until no earlier push of the same refs is open. Otherwise the later one could be recorded before the
    /// earlier one, and the older commit would be taken for the newer.
    /// </summary>
    private async Task<bool> TurnAsync(PushSession session, IReadOnlyCollection<string> refs)
    {
        if (!IsBusy())
            return true;
        using var limit = new CancellationTokenSource(TurnAtMost, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, session.Over, session.Closing);
        try
        {
            await using var changes = control.Changes.Listen(session.Project, both.Token).GetAsyncEnumerator(both.Token);
            while (IsBusy())
                await changes.MoveNextAsync();
            return true;
        }
        catch (OperationCanceledException) when (!session.Over.IsCancellationRequested)
        {
            return false;
        }

        bool IsBusy() => control.Project(session.Project) is { } project
            && project.Pushes.Values.Any(push => push.Changes.Any(change => refs.Contains(change.Ref)));
    }

    private async Task AfterAsync(PushSession session)
    {
        var moved = session.Read("post").Split('\n', StringSplitOptions.RemoveEmptyEntries).ToValueList();
        var firstNew = control.Project(session.Project)?.NextRun ?? 1;
        Failpoint.Cross("push.moved");
        repositories.Sync(session.Project, moved);
        try
        {
            Failpoint.Cross("push.synced");
            await control.Loop.AskAsync(StreamId.OfProject(session.Project), new SettlePush(session.Id, moved));
            Failpoint.Cross("push.settled");
        }
        catch (JournalException e)
        {
            log.LogError(e, "Push {Push} to {Project} moved its refs, and that could not be recorded", session.Id, session.Project);
            session.Say($"The push is stored, and its run begins as soon as the server can record it: {e.Message}");
            session.Accept();
            return;
        }

        var project = control.Project(session.Project)!;
        var runs = session.Changes.Where(change => moved.Contains(change.Ref)).Select(RunOf).OfType<RunRequest>().ToList();
        var page = $"{session.Address}/{project.Name}/runs";
        session.Say(runs.Select(run =>
            $"run {run.Number} of {project.Name}: {page}/{run.Number}{(run.Deploys ? "" : " (builds and tests only)")}"));
        if (project.DefaultBranch is { } branch)
            repositories.SetHead(project.Name, branch);
        if (session.Intent is { Waits: true } && runs.Count > 0)
            await FollowAsync(session, runs);
        session.Accept();
        Failpoint.Cross("push.told");

        RunRequest? RunOf(RefChange change) => project.Requests.FirstOrDefault(request =>
            request.Number >= firstNew && request.Ref == change.Ref && request.Commit == change.New);
    }

    private async Task FollowAsync(PushSession session, List<RunRequest> runs)
    {
        using var limit = new CancellationTokenSource(JourneyAtMost, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, session.Over, session.Closing);
        var journeys = runs.Select(run => new Journey(session.Address, session.Project, run.Number)).ToList();
        var changes = control.Changes.Listen(session.Project, both.Token).GetAsyncEnumerator(CancellationToken.None);
        var change = changes.MoveNextAsync().AsTask();
        try
        {
            while (true)
            {
                foreach (var journey in journeys.Where(journey => !journey.IsOver))
                    Tell(session, journey);
                if (journeys.All(journey => journey.IsOver))
                    return;
                await Task.WhenAny(change, Task.Delay(ProgressInterval, time, both.Token));
                both.Token.ThrowIfCancellationRequested();
                if (change.IsCompleted)
                    change = changes.MoveNextAsync().AsTask();
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            session.Say($"It is still under way after {JourneyAtMost.TotalMinutes:0} minutes; the address above shows how it goes on.");
        }
        catch (OperationCanceledException) when (session.Closing.IsCancellationRequested)
        {
            session.Say("The server is stopping; the run goes on when it is back, and the address above shows how.");
        }
        finally
        {
            // Listening can only end between two changes.
            await both.CancelAsync();
            await Task.WhenAny(change);
            await changes.DisposeAsync();
        }
    }

    private void Tell(PushSession session, Journey journey)
    {
        if (control.Run(session.Project, journey.Run) is { } run)
            session.Say(journey.Tell(run, control.Now, name => control.Environment(session.Project, name), progress));
    }

    private static void TryRefuse(PushSession session, string why)
    {
        try
        {
            session.Say(why);
            session.Refuse();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The hook is gone as well.
        }
    }
}
