using Towpath.Core;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;

namespace Towpath.Simulation.Checkers;

/// <content>What deployments that wait have been told.</content>
internal sealed partial class EnvironmentPage
{
    /// <summary>The same, where the deadlines of gates count as well: also of those that are passed.</summary>
    public DateTimeOffset EarliestOfGates()
    {
        var earliest = EarliestDeadline();
        foreach (var waiting in Waiting.Values.Where(waiting => waiting is { IsGated: true, WaitingSince: not null }))
        {
            foreach (var gate in waiting.Definition(Name)?.Gates ?? [])
            {
                if (waiting.WaitingSince!.Value + gate.Within < earliest)
                    earliest = waiting.WaitingSince.Value + gate.Within;
            }
        }

        return earliest;
    }

    private void EnterGate(EnvironmentEvent entered, HashSet<string> wanted)
    {
        switch (entered)
        {
            case DeploymentApproved approved:
                Deployments[approved.Deployment].Approvals.Add(approved);
                break;
            case WebhookAsked asked:
                var line = Deployments[asked.Deployment];
                if (line.Questions.TryGetValue(asked.Gate, out var before))
                    wanted.Remove(QuestionId(before.Asked));
                line.Questions[asked.Gate] = (asked, null);
                wanted.Add(QuestionId(asked));
                break;
            case WebhookAnswered answered:
                var question = Deployments[answered.Deployment].Questions[answered.Gate].Asked;
                Deployments[answered.Deployment].Questions[answered.Gate] = (question, answered.Outcome);
                wanted.Remove(QuestionId(question));
                break;
            case FreezeSet set:
                Freezes.Add(set);
                break;
            case FreezeLifted:
                Freezes.Clear();
                break;
        }
    }

    public string QuestionId(WebhookAsked asked) => $"{Stream}/deployments/{asked.Deployment}/gate-{asked.Gate + 1}-{asked.Attempt}";

    private void ForgetQuestions(DeploymentLine line, HashSet<string> wanted)
    {
        foreach (var (asked, _) in line.Questions.Values)
            wanted.Remove(QuestionId(asked));
    }
}
