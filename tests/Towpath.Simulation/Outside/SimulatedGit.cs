using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Pipelines;

namespace Towpath.Simulation.Outside;

/// <summary>The repositories: their refs, the pushes under way, and the reflog that survives everything.</summary>
internal sealed class SimulatedGit(Random random, Agenda agenda, Func<Faults> faults, Marks marks, Post post)
{
    private readonly Dictionary<(string Project, string Ref), string?> refs = [];
    private readonly Dictionary<string, ValueList<string>> reflog = new(StringComparer.Ordinal);
    private readonly HashSet<string> open = new(StringComparer.Ordinal);
    private readonly HashSet<(string Project, string Ref)> unsettled = [];
    private readonly Dictionary<string, (string Project, ValueList<RefChange> Changes)> pushed = new(StringComparer.Ordinal);
    private int pushes;

    /// <summary>Every branch update with a commit that git accepted, in order.</summary>
    public List<(string Project, string Ref, string Commit)> Moved { get; } = [];

    public string? CommitOf(string project, string reference) => refs.GetValueOrDefault((project, reference));

    public bool IsOpen(string push) => open.Contains(push);

    /// <summary>What the repository says of a push that nobody settled.</summary>
    public SettlePush FateOf(string push)
    {
        marks.Reach(reflog.ContainsKey(push) ? Mark.PushSettledFromTheReflog : Mark.PushGivenUp);
        return new SettlePush(push, reflog.GetValueOrDefault(push) ?? ValueList<string>.Empty);
    }

    /// <summary>The server knows what became of the push: its refs may be pushed to again.</summary>
    public void Settled(string push)
    {
        if (pushed.Remove(push, out var settled))
            unsettled.ExceptWith(settled.Changes.Select(change => (settled.Project, change.Ref)));
    }

    /// <param name="updates">Ref to commit; null deletes the ref. The definition is null for what is no branch.</param>
    public void Push(string project, IReadOnlyList<(string Ref, string? Commit, Pipeline? Pipeline)> updates)
    {
        // As long as a push is open, no other push of its refs is let in.
        if (updates.Any(update => unsettled.Contains((project, update.Ref))))
            return;
        var id = $"push-{++pushes}";
        var changes = updates.Select(update => new RefChange(
            update.Ref, CommitOf(project, update.Ref), update.Commit, "A change", update.Pipeline)).ToValueList();
        pushed[id] = (project, changes);
        unsettled.UnionWith(changes.Select(change => (project, change.Ref)));
        open.Add(id);
        post(StreamId.OfProject(project), new AnnouncePush(id, changes), refusal =>
        {
            if (refusal is not null)
                GiveUp(id, isKnown: refusal == SimulatedServer.NotStored);
            else
                agenda.In(TimeSpan.FromMilliseconds(random.Next(1, 500)), () => Move(id));
        });
    }

    private void Move(string id)
    {
        open.Remove(id);
        if (!pushed.TryGetValue(id, out var push) || Strikes(faults().PushIsCutOff))
            return;
        // Git takes the refs one by one, and may refuse some of them.
        var moved = push.Changes.Where(change => push.Changes.Count == 1 || !Strikes(faults().PushIsCutOff)).ToList();
        if (moved.Count < push.Changes.Count)
            marks.Reach(Mark.SomeRefsOfAPushRefused);
        foreach (var change in moved)
        {
            refs[(push.Project, change.Ref)] = change.New;
            if (change is { New: { } commit, Pipeline: not null })
                Moved.Add((push.Project, change.Ref, commit));
        }

        reflog[id] = moved.Select(change => change.Ref).ToValueList();
        if (!Strikes(faults().SettleIsLost))
            post(StreamId.OfProject(push.Project), new SettlePush(id, reflog[id]), null);
    }

    /// <summary>Nothing moves. Whether the server has stored the announcement is not always known; then it asks in time.</summary>
    private void GiveUp(string id, bool isKnown)
    {
        open.Remove(id);
        if (!isKnown)
            Settled(id);
        else
            agenda.In(TimeSpan.FromMinutes(1), () => Settled(id));
    }

    private bool Strikes(double probability) => probability > 0 && random.NextDouble() < probability;
}
