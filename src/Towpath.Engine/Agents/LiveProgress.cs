using System.Collections.Concurrent;
using Towpath.Core;
using Towpath.Core.Agents;

namespace Towpath.Engine.Agents;

/// <summary>What agents say of work under way. Only in memory: the answer at the end says it all again.</summary>
public sealed class LiveProgress(ChangeFeed changes)
{
    private readonly ConcurrentDictionary<string, ValueList<StepResult>> steps = new(StringComparer.Ordinal);

    /// <summary>Steps of the attempt that started so far, by position; null when nothing was heard.</summary>
    public IReadOnlyList<StepResult>? Steps(string commandId) => steps.GetValueOrDefault(commandId);

    internal void Take(string commandId, StepMoved moved)
    {
        steps.AddOrUpdate(commandId, _ => Place([], moved), (_, known) => Place(known, moved));
        changes.Announce(StreamId.OfCommand(commandId));
    }

    internal void Forget(string commandId) => steps.TryRemove(commandId, out _);

    /// <summary>A message may have been lost: the gap is filled with steps that are still queued.</summary>
    private static ValueList<StepResult> Place(ValueList<StepResult> known, StepMoved moved)
    {
        while (known.Count <= moved.Index && moved.Index < StepsAtMost)
            known = known.Add(new StepResult("", StepStatus.Queued, null, null, null));
        return moved.Index is >= 0 and < StepsAtMost ? known.SetItem(moved.Index, moved.Step) : known;
    }

    private const int StepsAtMost = 1000;
}
