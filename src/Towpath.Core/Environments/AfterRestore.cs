namespace Towpath.Core.Environments;

/// <summary>
/// An environment whose journal was restored from a backup: newer versions may be live than it knows of. Nothing moves in it
/// by itself before a person has looked, and no name that an agent may know already is used for something else.
/// </summary>
public static class AfterRestore
{
    /// <summary>
    /// More than the deployments, or runs, that there were between a backup and its restore, also where a schedule starts one
    /// every minute for a year. Agents know releases and commands by these numbers, so none may come a second time: an agent
    /// would repeat the answer of a lost one.
    /// </summary>
    public const int NumbersSkipped = 1_000_000;

    public static Decision<EnvironmentEvent> Decide(EnvironmentState state, RestoreEnvironment input)
    {
        // Neither begun again nor taken back: either would move what may have become live since.
        var events = new List<EnvironmentEvent>();
        events.AddRange(state.Waiting.Select(waiting => new DeploymentEnded(
            waiting.Number, DeploymentStatus.Canceled,
            $"{input.Reason} 'towpath promote --run {waiting.Candidate.Run}' deploys it if it is still wanted.", null)));
        if (state.Active is { } active)
            events.Add(new DeploymentEnded(active.Number, DeploymentStatus.Errored, $"{input.Reason} Nobody knows how it ended.", null));
        events.Add(new DeploymentNumbersSkipped(state.NextDeployment + NumbersSkipped));
        var before = state.Hold is { } hold ? $" (Held before by {hold.By}: {hold.Reason})" : "";
        events.Add(new HoldSet(EnvironmentMachine.Automation, input.Reason + before));
        return events.ToValueList();
    }
}
