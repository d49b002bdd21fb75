using Towpath.Core;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;
using Towpath.Engine;

namespace Towpath.Simulation.Checkers;

/// <summary>Sees which rare paths through gates were walked. It finds nothing wrong.</summary>
internal sealed class GateMarkSpotter(Books books, Marks marks) : Checker(books)
{
    private bool isClock;

    public override string Promise => "Rare paths through gates are walked";

    public override string? Before(IReadOnlyList<Letter> letters)
    {
        isClock = letters.All(letter => letter.Input is EnvironmentClock);
        return null;
    }

    public override string? Look(in Fact fact)
    {
        switch (fact.Event)
        {
            case DeploymentApproved when fact.Environment.UnderWay is not null:
                marks.Reach(Mark.ApprovedWhileAnotherDeploys);
                break;
            case DeploymentStarted started:
                Spot(fact, fact.Deployment(started.Deployment));
                break;
            case WentLive live:
                if (fact.Environment.Waiting.Values.Any(waiting => waiting.Approvals.Exists(approval => approval.Replaces != live.Deployment)))
                    marks.Reach(Mark.ApprovalVoidedByANewLiveVersion);
                break;
            case SettingsChanged when fact.Environment.Waiting.Values.Any(waiting => waiting.Approvals.Count > 0):
                marks.Reach(Mark.ApprovalVoidedByNewSettings);
                break;
            case WebhookAnswered { Outcome: Outcome.Failed }:
                marks.Reach(Mark.WebhookSaidNo);
                break;
            case WebhookAsked { Attempt: > 1 }:
                marks.Reach(Mark.WebhookAskedAgain);
                break;
            case DeploymentEnded ended:
                Spot(fact, ended, fact.Deployment(ended.Deployment));
                break;
        }

        return null;
    }

    private void Spot(in Fact fact, DeploymentLine started)
    {
        var (page, at) = (fact.Environment, fact.At);
        if (started.Kind == DeploymentKind.Rollback && page.Freezes.Exists(freeze => freeze.From <= at && at < freeze.Until))
            marks.Reach(Mark.RolledBackWhileFrozen);
        if (started.Definition(page.Name)?.Gates is not { Count: > 0 } gates || !started.IsGated)
            return;
        if (started.Override is not null)
            marks.Reach(Mark.GatesPassedOver);
        if (started.Kind == DeploymentKind.Promote && isClock)
            marks.Reach(Mark.PromotionWaitedAtAGate);
        if (gates.OfType<ApprovalGate>().Any(gate => gate.People == 2))
            marks.Reach(Mark.ApprovedByTwoPeople);
        if (gates.OfType<WebhookGate>().Any(gate => gate.PassesWhenOverdue && at >= started.WaitingSince + gate.Within))
            marks.Reach(Mark.WebhookPassedWhenOverdue);
        if (!isClock || started.Override is not null)
            return;
        if (gates.Any(gate => gate is WindowGate))
            marks.Reach(Mark.WindowOpenedByTheClock);
        if (gates.Any(gate => gate is FreezeGate))
            marks.Reach(Mark.FreezeEndedByTheClock);
        if (gates.Any(gate => gate is SoakGate))
            marks.Reach(Mark.SoakTimeWasOver);
    }

    private void Spot(in Fact fact, DeploymentEnded ended, DeploymentLine line)
    {
        if (ended.WaitedTooLong && fact.At < line.OfferedAt + TimeSpan.FromDays(7))
            marks.Reach(Mark.GateOverdue);
        if (ended is { Status: DeploymentStatus.Refused, WaitedTooLong: false } && line.Kind == DeploymentKind.Promote
            && ended.Reason.StartsWith("It was rolled back", StringComparison.Ordinal))
            marks.Reach(Mark.RevokedAtAGateOfAPromotion);
        if (ended is { Status: DeploymentStatus.Superseded, SupersededBy: { } by } && fact.Deployment(by) is { IsAutomatic: true } newer
            && GateReckoning.Missing(Books, fact.Environment, newer, fact.At).Any())
            marks.Reach(Mark.SupersededAtAGate);
    }
}
