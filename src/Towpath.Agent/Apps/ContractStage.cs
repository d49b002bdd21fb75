using Towpath.Core;
using Towpath.Core.Agents;

namespace Towpath.Agent.Apps;

/// <summary>A version's contract migration: takes away what only older versions need.</summary>
internal static class ContractStage
{
    public static async Task<StageEnded> RunAsync(StageWork work, ValueList<string> past)
    {
        if (work.Plan.Definition.Migrations?.Contract is not { } step)
            return StageWork.Errored($"Run {work.Plan.Run} has no contract migration.");
        var (secrets, missing) = work.Secrets();
        if (secrets is null)
            return missing!;
        var folder = work.Environment.FolderOf(work.Plan);
        await folder.CompleteAsync(work.Parts.Options.Fetch, work.Parts.Options.Crossing, work.Cancel);
        // On disk before it begins: whoever goes back on this machine must not go behind it, however far it came.
        await work.Environment.ChangeAsync(state => past.Aggregate(
            state, (barred, release) => barred.Change(release, each => each with { Barred = true })));
        var result = await work.RunAsync(step, folder, secrets, OrdinalMap<string>.Empty);
        if (work.Environment.State.Find(work.Plan.Release) is null)
            // The version does not lie here any more: its files came for this step alone.
            folder.Delete();
        return work.EndOf(result, "contract") ?? StageWork.Succeeded;
    }
}
