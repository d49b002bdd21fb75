using Towpath.Core.Pipelines;
using Towpath.Core.Pipelines.Language;

namespace Towpath.Core.Environments;

/// <content>What time alone changes.</content>
public static partial class EnvironmentMachine
{
    /// <summary>When to ask again with <see cref="EnvironmentClock"/>; null: never.</summary>
    /// <param name="now">Windows open again and again: the next time is asked for. Now, where time has changed something already.</param>
    public static DateTimeOffset? NextDeadline(EnvironmentState state, DateTimeOffset now)
    {
        if (Gates.AreAt(state) && DeploymentQueue.Next(state, now) is not null)
            return now;
        var active = state.Active is { Status: not DeploymentStatus.NeedsDecision } underWay ? underWay.Deadline : null;
        var next = Earlier(active, Migrations.Deadline(state, now));
        foreach (var deployment in state.Waiting)
            next = Earlier(Earlier(next, deployment.OfferedAt + WaitTimeout), Gates.NextDeadline(state, deployment, now));
        return next;
    }

    /// <summary>Null is never.</summary>
    internal static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => one is null || other < one ? other : one;

    private static Decision<EnvironmentEvent> Overdue(EnvironmentState state, DateTimeOffset now)
    {
        if (state.Active is { Status: not DeploymentStatus.NeedsDecision, Deadline: { } deadline, Stage: { } stage } active
            && now >= deadline)
        {
            if (stage == Stage.Canary)
                return Canary.Overdue(state, active, now);
            var reason = $"The agent did not finish '{stage.ToString().ToLowerInvariant()}' in time.";
            var target = active.Definition(state.Name)!.Target;
            return stage switch
            {
                Stage.Withdraw => AskPerson(state, active, $"It could not be taken back: {reason}"),
                Stage.Deploy when target is CommandTarget { Undo: UndoMode.None } or CommandTarget { Repeatable: false } =>
                    AskPerson(state, active, $"{reason} Nobody knows whether it was deployed."),
                _ => TakeBack(state, active, DeploymentStatus.Errored, reason, now),
            };
        }

        if (state.Waiting.FirstOrDefault(deployment => now >= deployment.OfferedAt + WaitTimeout) is { } late)
            return TooLong(late, $"It waited for {WaitTimeout.TotalDays:0} days. {WhyLate(late)}".TrimEnd());
        return Gates.Overdue(state, now) is ({ } waiting, { Gate: { } gate, Reason: var why })
            ? TooLong(waiting, $"Its gate '{gate.Name}' had {Durations.Text(gate.Within)}, and they are over. {why}")
            : Decision<EnvironmentEvent>.Nothing;

        string WhyLate(Deployment waiting) => waiting.Status == DeploymentStatus.Offered
            ? waiting.Reason
            : string.Join(' ', Gates.Missing(state, waiting, now).Select(missing => missing.Reason));
        static Decision<EnvironmentEvent> TooLong(Deployment waiting, string reason) =>
            Record(new DeploymentEnded(waiting.Number, DeploymentStatus.Refused, reason, null) { WaitedTooLong = true });
    }
}
