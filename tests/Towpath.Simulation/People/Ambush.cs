using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Runs;
using Towpath.Simulation.Checkers;

namespace Towpath.Simulation.People;

/// <summary>Somebody does the worst thing right after something interesting was recorded, or within seconds of it.</summary>
internal sealed class Ambush(Random random, Agenda agenda, Func<Faults> faults, SimulatedPeople people, Books books)
{
    public void After(Fact fact)
    {
        if (faults().Ambush <= 0 || random.NextDouble() >= faults().Ambush)
            return;
        if (Wish(fact) is { } wish)
            Soon(() => people.Ask(wish.To, wish.Input));
        else if (fact.Event is WentLive or PackageStored or HoldLifted)
            Soon(() => people.PushTo(fact.Page.Project));
    }

    private void Soon(Action action)
    {
        var delay = random.Next(3) switch { 0 => 0, 1 => random.Next(100), _ => random.Next(20_000) };
        agenda.In(TimeSpan.FromMilliseconds(delay), action);
    }

    private (StreamId To, MachineInput Input)? Wish(in Fact fact)
    {
        MachineInput? input = fact.Event switch
        {
            AttemptStarted or AttemptQueued or PackageStored when random.Next(3) == 0 => new CancelRun("eve"),
            StageBegan began => Disturb(fact.Environment, began.Deployment),
            DeploymentStarted started => Disturb(fact.Environment, started.Deployment),
            WithdrawalBegan began => Disturb(fact.Environment, began.Deployment),
            DecisionNeeded needed => random.Next(3) switch
            {
                0 => new AcceptDeployment(needed.Deployment, "eve"),
                1 => new CancelDeployment(needed.Deployment, "eve"),
                _ => new RollBackEnvironment("eve", "It needs too much thought."),
            },
            WentLive live => random.Next(5) switch
            {
                0 => people.NewSettings(),
                1 => Back(fact.Environment, live.Deployment),
                2 when random.Next(3) == 0 => new StopEnvironment("eve"),
                2 or 3 => new RollBackEnvironment("eve", "It looks wrong."),
                _ => null,
            },
            DeploymentEnded or PackageQuarantined => new ResumeEnvironment("eve"),
            DeploymentOffered { Kind: DeploymentKind.Deploy } offered when IsGated(fact, offered.Deployment) => people.Gate(fact.Environment),
            DeploymentApproved => random.Next(3) == 0 ? people.NewSettings() : people.Gate(fact.Environment),
            WebhookAsked or WebhookAnswered => people.Gate(fact.Environment),
            DeploymentOffered { Kind: not DeploymentKind.Deploy } offered => new CancelDeployment(offered.Deployment, "eve"),
            HoldSet => random.Next(2) == 0 ? new ResumeEnvironment("eve") : null,
            _ => null,
        };
        if (input is not null)
            return (fact.Stream, input);
        return Again(fact) is { } run ? (StreamId.OfProject(fact.Page.Project), new RequestRetry(run, "eve")) : null;
    }

    private static bool IsGated(in Fact fact, int deployment) => fact.Deployment(deployment).Definition(fact.Environment.Name)?.Gates.Count > 0;

    /// <summary>A run that ended badly, or whose package was just taken back, is asked for again.</summary>
    private static int? Again(in Fact fact) => fact.Event switch
    {
        RunEnded { Status: not RunStatus.Succeeded } => fact.Run.Created!.Request.Number,
        DeploymentEnded { Status: DeploymentStatus.RolledBack } ended => fact.Deployment(ended.Deployment).Candidate.Run,
        _ => null,
    };

    private EnvironmentInput Disturb(EnvironmentPage page, int deployment) => random.Next(8) switch
    {
        0 or 1 or 2 => new CancelDeployment(deployment, "eve"),
        3 or 4 => new RollBackEnvironment("eve", "Stop it."),
        5 => people.NewSettings(),
        6 => new HoldEnvironment("eve", "Wait."),
        _ => Back(page, deployment),
    };

    /// <summary>Something older than what is there, by choice.</summary>
    private Promote Back(EnvironmentPage page, int deployment)
    {
        var older = page.Versions.Where(version => version.Number != deployment).Select(version => version.Candidate.Run).ToList();
        return new Promote(older.Count > 0 ? older[random.Next(older.Count)] : random.Next(1, (books.Find(StreamId.OfProject(page.Project)) as ProjectPage)!.Runs + 1), "eve");
    }
}
