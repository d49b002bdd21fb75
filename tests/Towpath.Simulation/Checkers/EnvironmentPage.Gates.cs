using Towpath.Core.Environments;

namespace Towpath.Simulation.Checkers;

/// <summary>What is known of gates: what people and webhooks said, and since when something waits.</summary>
internal sealed partial class EnvironmentPage
{
    /// <summary>Set by people.</summary>
    public List<FreezeSet> Freezes { get; } = [];

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

    private void Pass(DeploymentLine line, UpstreamPassed passed, DateTimeOffset at)
    {
        line.PassedIn.Add(passed.Environment);
        Await(line, at);
    }

    private void Start(DeploymentLine line, DeploymentStarted started, HashSet<string> wanted)
    {
        Waiting.Remove(line.Number);
        ForgetQuestions(line, wanted);
        UnderWay = line;
        (line.Settings, line.Release) = (started.Settings, started.Release);
    }

    private void Await(DeploymentLine line, DateTimeOffset at)
    {
        if (line.Kind != DeploymentKind.Deploy || line.Definition(Name)?.After.All(line.PassedIn.Contains) == true)
            line.WaitingSince ??= at;
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
