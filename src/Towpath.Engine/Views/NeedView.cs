using System.Globalization;
using Towpath.Core.Environments;

namespace Towpath.Engine.Views;

/// <summary>Something that a person has to do, or at least to know, before things go on.</summary>
/// <param name="Kind"><c>decision</c>, <c>failed-rollback</c>, <c>approval</c>, <c>paused</c> or <c>hold</c>.</param>
/// <param name="Says">One or two sentences.</param>
/// <param name="Deployment">The one that it is about; null for a hold.</param>
public sealed record NeedView(string Kind, string Says, int? Deployment, DateTimeOffset Since)
{
    /// <summary>The most pressing first.</summary>
    internal static IReadOnlyList<NeedView> Of(EnvironmentState state, DateTimeOffset now)
    {
        var needs = new List<NeedView>();
        switch (state.Active)
        {
            case { Status: DeploymentStatus.NeedsDecision } open:
                needs.Add(new NeedView("decision", $"Deployment {open.Number} of run {open.Candidate.Run} needs a decision. {open.Reason}", open.Number, Begun(open)));
                break;
            case { Stage: Stage.Canary, Canary: { Paused: { } pause } canary } paused:
                var share = paused.Definition(state.Name)?.Rollout?.Steps[canary.Step].Share ?? 0;
                needs.Add(new NeedView(
                    "paused", string.Create(CultureInfo.InvariantCulture, $"Run {paused.Candidate.Run} waits at {share:0.##%} of the requests. {pause}"),
                    paused.Number, Begun(paused)));
                break;
            case null when EndingView.Of(state) is { Kind: "rollback" } failed:
                needs.Add(new NeedView("failed-rollback", $"The rollback to run {failed.Run} {failed.State}. {failed.Reason}", failed.Deployment, failed.At));
                break;
            default:
                break;
        }

        needs.AddRange(
            from waiting in state.Waiting
            let gate = Approvals.Awaited(state, waiting, now)
            where gate is not null
            select new NeedView("approval", $"Run {waiting.Candidate.Run} is to {Aim(state)}. {gate.Reason}", waiting.Number, waiting.WaitingSince ?? waiting.OfferedAt));
        // One that automation made together with the question goes without saying.
        if (state.Hold is { } hold && !(hold.By == EnvironmentMachine.Automation && needs is [{ Kind: "decision" }, ..]))
            needs.Add(new NeedView("hold", $"Held by {hold.By}: {hold.Reason}", null, hold.Since));
        return needs;
    }

    private static string Aim(EnvironmentState state) => state.Live is { } live ? $"replace run {live.Candidate.Run}" : "become live";

    private static DateTimeOffset Begun(Deployment deployment) => deployment.StartedAt ?? deployment.OfferedAt;
}
