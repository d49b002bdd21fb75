using System.Diagnostics;

namespace Towpath.Core.Commits;

/// <summary>
/// Turns ref updates into numbered runs, each exactly once: a push is announced before git moves a ref and settled
/// after, and what was announced but not settled when the server died is settled by asking the repository.
/// </summary>
public static class ProjectMachine
{
    /// <summary>Requests that stay known after they were handed over, for retries and uploads.</summary>
    public const int RequestsKept = 500;

    /// <summary>A push changes at most this many refs; git itself sets no limit.</summary>
    public const int ChangesAtMost = 100;

    public static Decision<ProjectEvent> Decide(ProjectState state, ProjectInput input, DateTimeOffset now) => input switch
    {
        AnnouncePush announce => Announce(state, announce),
        SettlePush settle => Settle(state, settle, now),
        RequestRetry retry => Retry(state, retry),
        RequestUpload upload => Upload(state, upload),
        RunTaken taken when RequestOf(state, taken.Run) is { HandedOver: false } =>
            (ValueList<ProjectEvent>)[new RunHandedOver(taken.Run)],
        RunTaken => Decision<ProjectEvent>.Nothing,
        RestoreProject restore => (ValueList<ProjectEvent>)[new RunNumbersSkipped(state.NextRun + restore.NumbersSkipped)],
        ProjectClock clock => Scheduling.Due(state, now, clock.NoRoom).ToValueList(),
        _ => throw new UnreachableException(),
    };

    public static ProjectState Evolve(ProjectState state, Recorded<ProjectEvent> recorded) => recorded.Event switch
    {
        PushAnnounced announced => state with { Pushes = state.Pushes.With(announced.Id, new Push(announced.Changes, recorded.At)) },
        RefMoved moved => Move(state, moved, recorded),
        PushSettled settled => state with { Pushes = state.Pushes.Without(settled.Id) },
        RetryRequested retry => Repeat(recorded.At, RequestOf(state, retry.RetryOf), retry.Run, retry.By) is { } request
            ? Ask(state, request with { RetryOf = retry.RetryOf })
            : state,
        UploadRequested upload => Repeat(recorded.At, RequestFor(state, upload.Commit), upload.Run, upload.By) is { } request
            ? Ask(state, request with { RetryOf = null, Uploaded = upload.Package })
            : state,
        TimePlanned or TimeUnknown => Scheduling.Evolve(state, recorded.Event, recorded.At),
        TimeCame came => Start(Scheduling.Evolve(state, came, recorded.At), came, recorded.At),
        RunHandedOver taken => HandOver(state, taken),
        RunNumbersSkipped skipped => state with { NextRun = Math.Max(state.NextRun, skipped.Next) },
        _ => throw new UnreachableException(),
    };

    /// <summary>Pushes whose fate is to be found out. While the push is still under way, the one who carries this out waits for its end.</summary>
    public static IEnumerable<ResolvePush> Pending(ProjectState state) =>
        state.Pushes.Select(push => new ResolvePush($"{state.Name}/pushes/{push.Key}", state.Name, push.Key, push.Value.Changes));

    /// <summary>When to ask again with <see cref="ProjectClock"/>; null: never.</summary>
    public static DateTimeOffset? NextDeadline(ProjectState state) => state.Schedules.Select(schedule => schedule.Next ?? schedule.AskAgainAt).Min();

    private static Decision<ProjectEvent> Announce(ProjectState state, AnnouncePush announce)
    {
        if (state.Pushes.ContainsKey(announce.Id))
            return Decision<ProjectEvent>.Nothing;
        if (announce.Changes.Count > ChangesAtMost)
            return Decision<ProjectEvent>.Refuse($"This push changes {announce.Changes.Count} refs; push at most {ChangesAtMost} at a time.");
        return (ValueList<ProjectEvent>)[new PushAnnounced(announce.Id, announce.Changes)];
    }

    private static Decision<ProjectEvent> Settle(ProjectState state, SettlePush settle, DateTimeOffset now)
    {
        if (!state.Pushes.TryGetValue(settle.Id, out var push))
            return Decision<ProjectEvent>.Nothing;
        var events = new List<ProjectEvent>();
        var next = state.NextRun;
        foreach (var change in push.Changes.Where(change => settle.MovedRefs.Contains(change.Ref)))
            events.Add(new RefMoved(settle.Id, change.Ref, change is { New: not null, Pipeline: not null } ? next++ : null));
        events.Add(new PushSettled(settle.Id));
        var settled = events.Aggregate(state, (before, one) => Evolve(before, new Recorded<ProjectEvent>(0, now, one)));
        return events.Concat(Scheduling.Plan(settled, now)).ToValueList();
    }

    private static Decision<ProjectEvent> Retry(ProjectState state, RequestRetry retry) =>
        RequestOf(state, retry.Run) is null
            ? Decision<ProjectEvent>.Refuse($"Run {retry.Run} of '{state.Name}' is not known any more; push its commit again.")
            : (ValueList<ProjectEvent>)[new RetryRequested(state.NextRun, retry.Run, retry.By)];

    private static Decision<ProjectEvent> Upload(ProjectState state, RequestUpload upload) =>
        RequestFor(state, upload.Commit) is null
            ? Decision<ProjectEvent>.Refuse(
                $"Commit {upload.Commit} was not pushed to the default branch of '{state.Name}': push it first, so that its pipeline file is known.")
            : (ValueList<ProjectEvent>)[new UploadRequested(state.NextRun, upload.Commit, upload.Package, upload.By)];

    private static ProjectState Move(ProjectState state, RefMoved moved, Recorded<ProjectEvent> recorded)
    {
        var change = state.Pushes.Find(moved.PushId)?.Changes.FirstOrDefault(change => change.Ref == moved.Ref);
        if (change is null)
            return state;
        var isBranch = change.Ref.StartsWith("refs/heads/", StringComparison.Ordinal);
        state = state with
        {
            DefaultBranch = state.DefaultBranch ?? (isBranch && change.New is not null ? change.Ref : null),
            Refs = change.New is null ? state.Refs.Without(change.Ref) : isBranch ? state.Refs.With(change.Ref, change.New) : state.Refs,
        };
        if (change is { Pipeline: { } definition } && change.Ref == state.DefaultBranch)
            state = Scheduling.Adopt(state, definition.Schedules, recorded.At);
        return moved.Run is { } number && change is { New: { } commit, Pipeline: { } pipeline }
            ? Ask(state, new RunRequest(
                number, commit, change.Ref, change.Subject, recorded.Sequence, change.Ref == state.DefaultBranch, pipeline,
                RetryOf: null, Uploaded: null, By: "push", recorded.At, HandedOver: false))
            : state;
    }

    /// <summary>The newest commit once more, as if it were pushed now; its order stays that of its push.</summary>
    private static ProjectState Start(ProjectState state, TimeCame came, DateTimeOffset at) =>
        came.Run is { } run && Repeat(at, state.Newest, run, $"schedule {came.Schedule}") is { } request
            ? Ask(state, request with { RetryOf = null, Uploaded = null, Scheduled = new ScheduledFor(came.Schedule, came.At, came.Missed) })
            : state;

    private static ProjectState Ask(ProjectState state, RunRequest request) =>
        state with { Requests = state.Requests.Add(request), NextRun = request.Number + 1 };

    private static ProjectState HandOver(ProjectState state, RunHandedOver taken) => Trim(state with
    {
        Requests = state.Requests.ReplaceLast(request => request.Number == taken.Run, request => request with { HandedOver = true }),
    });

    private static RunRequest? Repeat(DateTimeOffset at, RunRequest? model, int number, string by) =>
        model is null ? null : model with { Number = number, By = by, At = at, HandedOver = false, Scheduled = null };

    private static RunRequest? RequestOf(ProjectState state, int run) => state.Requests.LastOrDefault(request => request.Number == run);

    /// <summary>Of the last ref update that brought the commit: an earlier one may have been retried since.</summary>
    internal static RunRequest? RequestFor(ProjectState state, string commit) =>
        state.Requests.Where(request => request.Commit == commit && request.Deploys).MaxBy(request => request.Order);

    private static ProjectState Trim(ProjectState state)
    {
        var excess = state.Requests.Count - RequestsKept;
        // The newest is what schedules start again, however many other runs there were since.
        return excess <= 0 ? state : state with
        {
            Requests = state.Requests.Where((request, index) => index >= excess || !request.HandedOver || request.Number == state.Newest?.Number).ToValueList(),
        };
    }
}

/// <summary>Find out which refs a push moved; answered with <see cref="SettlePush"/>.</summary>
public sealed record ResolvePush(string Id, string Project, string PushId, ValueList<RefChange> Changes) : Command(Id);
