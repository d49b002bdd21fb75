using Towpath.Core;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;
using Towpath.Engine;

namespace Towpath.Simulation.Checkers;

/// <summary>Guarantee 15, and that windows, freezes, soak time and webhooks are what they say.</summary>
internal sealed class GatesAreKept(Books books) : Checker(books)
{
    private readonly Dictionary<string, Outcome> heard = new(StringComparer.Ordinal);
    private readonly HashSet<(StreamId Stream, int Run)> overridden = [];
    private readonly HashSet<(StreamId Stream, int Deployment, string By)> approved = [];
    private readonly HashSet<(StreamId Stream, int Run, string By)> said = [];

    public override string Promise => "Nothing starts before its gates are passed, and an approval is for one plan";

    public override string? Before(IReadOnlyList<Letter> letters)
    {
        foreach (var letter in letters)
        {
            switch (letter.Input)
            {
                case StageAnswered answer when Books.Wanted.Contains(answer.CommandId):
                    heard[answer.CommandId] = answer.Outcome;
                    break;
                case Promote promote:
                    said.Add((letter.Stream, promote.Run, promote.By));
                    if (promote.Override is not null)
                        overridden.Add((letter.Stream, promote.Run));
                    break;
                case ApproveDeployment approve:
                    approved.Add((letter.Stream, approve.Deployment, approve.By));
                    if ((Books.Find(letter.Stream) as EnvironmentPage)?.Deployments.GetValueOrDefault(approve.Deployment) is { } line)
                        said.Add((letter.Stream, line.Candidate.Run, approve.By));
                    break;
            }
        }

        return null;
    }

    /// <summary>He may have said so of a deployment that was offered in the same batch.</summary>
    private bool Said(in Fact fact, DeploymentApproved yes)
    {
        var run = fact.Deployment(yes.Deployment).Candidate.Run;
        if (approved.Contains((fact.Stream, yes.Deployment, yes.By)))
            said.Add((fact.Stream, run, yes.By));
        return said.Contains((fact.Stream, run, yes.By));
    }

    public override string? Look(in Fact fact)
    {
        switch (fact.Event)
        {
            case DeploymentStarted started:
                return GateReckoning.Missing(Books, fact.Environment, fact.Deployment(started.Deployment), fact.At).FirstOrDefault() is { } gate
                    ? $"deployment {started.Deployment} started and has not passed its {gate.Name}"
                    : null;
            // What was said of a candidate goes with it when a person promotes it.
            case DeploymentApproved yes when !Said(fact, yes):
                return $"{yes.By} approved deployment {yes.Deployment} and never said so";
            case DeploymentApproved yes when yes.Replaces != GateReckoning.Replaces(fact.Environment) && approved.Contains((fact.Stream, yes.Deployment, yes.By)):
                return $"{yes.By} approved deployment {yes.Deployment} for replacing {yes.Replaces}, which it does not";
            case DeploymentOffered { Override: not null } offered when !overridden.Contains((fact.Stream, offered.Candidate.Run)):
                return $"deployment {offered.Deployment} passes over its gates, and nobody asked for that";
            case WebhookAnswered { Outcome: not Outcome.Unknown } answered when fact.Deployment(answered.Deployment).Questions[answered.Gate].Asked is var asked
                && heard.GetValueOrDefault(fact.Environment.QuestionId(asked), Outcome.Unknown) != answered.Outcome:
                return $"{fact.Environment.QuestionId(asked)} was answered with something else";
            case DeploymentEnded { WaitedTooLong: true } late when fact.At < Deadline(fact, fact.Deployment(late.Deployment)):
                return $"deployment {late.Deployment} was refused before its time was over";
            default:
                return null;
        }
    }

    /// <summary>Nothing that time alone opens stays shut, and nothing that is over stays open.</summary>
    public override string? WhileItIsCalm(DateTimeOffset now)
    {
        foreach (var page in Books.Pages.OfType<EnvironmentPage>())
        {
            foreach (var waiting in page.Waiting.Values.Where(waiting => waiting is { IsGated: true, WaitingSince: not null }))
            {
                var missing = GateReckoning.Missing(Books, page, waiting, now).ToList();
                var before = GateReckoning.Missing(Books, page, waiting, now - Slack).ToList();
                if (missing.Find(gate => before.Contains(gate) && gate.Within > TimeSpan.Zero && waiting.WaitingSince + gate.Within < now - Slack) is { } late)
                    return $"deployment {waiting.Number} of {page.Stream} still waits for its {late.Name} at {now:dd HH:mm}, whose time was over at {waiting.WaitingSince + late.Within:dd HH:mm}";
                var isNext = page is { UnderWay: null, Hold: null } && page.Waiting.Count == 1;
                if (isNext && missing.Count == 0 && before.Count == 0)
                    return $"deployment {waiting.Number} of {page.Stream} has passed all its gates, and nobody started it";
            }
        }

        return null;
    }

    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(2);

    private DateTimeOffset Deadline(in Fact fact, DeploymentLine line)
    {
        var earliest = line.OfferedAt + TimeSpan.FromDays(7);
        foreach (var gate in GateReckoning.Missing(Books, fact.Environment, line, fact.At))
        {
            if (gate.Within > TimeSpan.Zero && line.WaitingSince + gate.Within < earliest)
                earliest = line.WaitingSince!.Value + gate.Within;
        }

        return earliest;
    }
}
