namespace Towpath.Protocol.Failpoints;

/// <summary>All places at which a process can be killed. A test compares them with the source.</summary>
public static class FailpointNames
{
    public static IReadOnlyList<string> Server { get; } =
    [
        "server.restored", "server.listening", "server.found",
        "journal.appending", "journal.appended", "journal.acted", "journal.answered",
        "push.announcing", "push.announced", "push.accepted", "push.moved", "push.synced", "push.settled", "push.told",
        "push.resolving", "push.resolved",
        "answer.taking", "answer.taken",
        "log.written", "log.appended",
        "blob.written", "blob.named", "index.writing", "index.written", "package.made",
        "collection.given-up", "collection.log-removed", "collection.tidied", "collection.ended",
    ];

    public static IReadOnlyList<string> Agent { get; } =
    [
        "agent.adopting", "agent.adopted", "agent.cleared", "agent.linked",
        "command.begun", "command.carried-out", "answer.keeping", "answer.kept", "answer.forgetting", "answer.forgotten",
        "spool.begun", "spool.ended", "spool.forgetting", "spool.forgotten",
        "workspace.made", "output.packed", "output.stored",
        "release.unpacked", "release.named", "before.ran", "state.writing", "state.written",
        "instance.starting", "instance.started", "instance.healthy", "instance.ending", "instance.ended",
        "route.setting", "route.set", "route.removing", "route.removed", "drain.begun", "drain.ended",
    ];

    public static IReadOnlyList<string> Router { get; } =
    [
        "router.restored", "router.ready", "router.serving",
        "routes.writing", "routes.written", "route.bound", "route.followed", "route.answered", "route.let-go", "drain.waited",
        "handover.asked", "handover.giving", "handover.given", "handover.taken",
    ];

    /// <summary>In the two scripts that git runs.</summary>
    public static IReadOnlyList<string> Hook { get; } =
    [
        "hook.pre-begun", "hook.pre-written", "hook.pre-rung", "hook.pre-heard",
        "hook.post-begun", "hook.post-written", "hook.post-rung", "hook.post-heard",
    ];

    public static IReadOnlyList<string> All { get; } = [.. Server, .. Agent, .. Router, .. Hook];
}
