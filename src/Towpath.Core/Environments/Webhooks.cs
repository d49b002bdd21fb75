using Towpath.Core.Agents;
using Towpath.Core.Pipelines;
using Towpath.Core.Pipelines.Language;

namespace Towpath.Core.Environments;

/// <summary>
/// Yes or no from a program elsewhere, which the environment's agent asks. As with people, a yes is for one plan: when that changes,
/// it is asked anew.
/// </summary>
public static class Webhooks
{
    /// <summary>An agent that has said nothing for so long is asked once more; it may only have been away.</summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromMinutes(10);

    /// <summary>The questions that should be on their way.</summary>
    internal static IEnumerable<AskWebhook> Pending(EnvironmentState state) =>
        from deployment in state.Waiting
        where deployment.Status == DeploymentStatus.Waiting
        from question in deployment.Questions
        where question.Outcome is null && GateOf(state, deployment, question) is not null
        select Command(state, deployment, question, GateOf(state, deployment, question)!);

    /// <summary>The next one to ask; null: there is none.</summary>
    internal static WebhookAsked? Next(EnvironmentState state, DateTimeOffset now)
    {
        foreach (var deployment in state.Waiting)
        {
            if (deployment is not { IsGated: true, Status: DeploymentStatus.Waiting, Override: null })
                continue;
            var gates = deployment.Definition(state.Name)?.Gates ?? [];
            for (var index = 0; index < gates.Count; index++)
            {
                if (gates[index] is WebhookGate webhook && IsDue(state, deployment, Find(deployment, index), now) && now < deployment.WaitingSince + webhook.Within)
                    return new WebhookAsked(
                        deployment.Number, index, (Find(deployment, index)?.Attempt ?? 0) + 1, Approvals.Replaces(state),
                        Approvals.Settings(state, deployment), now + AnswerTimeout);
            }
        }

        return null;
    }

    /// <summary>What an answer leads to; null when it is to none of the questions that are on their way.</summary>
    internal static Decision<EnvironmentEvent>? Answer(EnvironmentState state, StageAnswered answered, DateTimeOffset now)
    {
        foreach (var deployment in state.Waiting)
        {
            var asked = deployment.Questions.FirstOrDefault(question =>
                question.Outcome is null && IdOf(state, deployment, question) == answered.CommandId);
            if (asked is null || GateOf(state, deployment, asked) is not { } gate)
                continue;
            var outcome = answered.Outcome is Outcome.Succeeded or Outcome.Failed ? answered.Outcome : Outcome.Unknown;
            var heard = new WebhookAnswered(deployment.Number, asked.Gate, outcome, answered.Reason, now + gate.Every);
            return outcome == Outcome.Failed
                ? (ValueList<EnvironmentEvent>)
                [
                    heard, new DeploymentEnded(deployment.Number, DeploymentStatus.Refused, $"Refused by {HostOf(gate)}: {Gates.Sentence(answered.Reason)}", null),
                ]
                : (ValueList<EnvironmentEvent>)[heard];
        }

        return null;
    }

    internal static ValueList<WebhookQuestion> With(ValueList<WebhookQuestion> known, WebhookAsked asked)
    {
        var question = new WebhookQuestion(asked.Gate, asked.Attempt, asked.Replaces, asked.Settings, null, "", asked.Until);
        return known.Any(other => other.Gate == asked.Gate) ? known.Replace(other => other.Gate == asked.Gate, _ => question) : known.Add(question);
    }

    internal static ValueList<WebhookQuestion> With(ValueList<WebhookQuestion> known, WebhookAnswered answered) => known.Replace(
        question => question.Gate == answered.Gate,
        question => question with { Outcome = answered.Outcome, Says = answered.Reason, NextAt = answered.AskAgainAt });

    internal static GateStanding Standing(EnvironmentState state, Deployment deployment, int index, WebhookGate gate, DateTimeOffset now)
    {
        var question = Find(deployment, index);
        if (question is { Outcome: Outcome.Succeeded } && IsForThisPlan(state, deployment, question))
            return new(gate, gate.Name, true, () => $"{HostOf(gate)} says yes.", null, null);
        if (gate.PassesWhenOverdue && now >= deployment.WaitingSince + gate.Within)
            return new(gate, gate.Name, true, () => $"{HostOf(gate)} said nothing within {Durations.Text(gate.Within)}, and then it passes (overdue: pass).", null, null);
        return new(gate, gate.Name, false, Why, null, question?.NextAt);

        string Why()
        {
            var says = question is { Outcome: Outcome.Unknown, Says.Length: > 0 } ? $" {Gates.Sentence(question.Says)}" : "";
            return $"It waits for a yes from {HostOf(gate)}.{says}";
        }
    }

    private static bool IsDue(EnvironmentState state, Deployment deployment, WebhookQuestion? question, DateTimeOffset now) =>
        question is null || !IsForThisPlan(state, deployment, question) || (question.Outcome != Outcome.Succeeded && question.NextAt <= now);

    private static bool IsForThisPlan(EnvironmentState state, Deployment deployment, WebhookQuestion question) =>
        question.Replaces == Approvals.Replaces(state) && question.Settings == Approvals.Settings(state, deployment);

    private static WebhookQuestion? Find(Deployment deployment, int gate) => deployment.Questions.FirstOrDefault(question => question.Gate == gate);

    private static WebhookGate? GateOf(EnvironmentState state, Deployment deployment, WebhookQuestion question) =>
        deployment.Definition(state.Name)?.Gates is { } gates && question.Gate < gates.Count ? gates[question.Gate] as WebhookGate : null;

    private static AskWebhook Command(EnvironmentState state, Deployment deployment, WebhookQuestion question, WebhookGate gate)
    {
        var replaced = state.Deployment(question.Replaces)?.Candidate;
        return new AskWebhook(
            IdOf(state, deployment, question), deployment.Definition(state.Name)!.Agent, gate.Url,
            new WebhookPlan(
                state.Project, state.Name, deployment.Number, deployment.Candidate.Run, deployment.Candidate.Commit,
                deployment.Candidate.Package.Digest.ToString(), replaced is null ? null : new ReplacedVersion(replaced.Run, replaced.Commit)))
        {
            Headers = gate.Headers,
        };
    }

    private static string IdOf(EnvironmentState state, Deployment deployment, WebhookQuestion question) =>
        $"{StreamId.OfEnvironment(state.Project, state.Name)}/deployments/{deployment.Number}/gate-{question.Gate + 1}-{question.Attempt}";

    private static string HostOf(WebhookGate gate) => Uri.TryCreate(gate.Url, UriKind.Absolute, out var url) ? url.Authority : gate.Url;
}

/// <summary>What a webhook was asked about a waiting deployment.</summary>
/// <param name="Gate">Its place among the environment's gates, from 0.</param>
/// <param name="Attempt">Counts the times that it was asked, from 1.</param>
/// <param name="Outcome">Null: the answer is not there. Succeeded: yes. Unknown: neither yes nor no.</param>
/// <param name="Says">Why neither; for people.</param>
/// <param name="NextAt">When it is asked again.</param>
public sealed record WebhookQuestion(int Gate, int Attempt, int Replaces, int Settings, Outcome? Outcome, string Says, DateTimeOffset NextAt);
