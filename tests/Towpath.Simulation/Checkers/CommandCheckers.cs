using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;
using Towpath.Core.Runs;
using Towpath.Engine;
using Towpath.Simulation.Outside;

namespace Towpath.Simulation.Checkers;

/// <summary>Every command has a stable id, and only the answer to that id ends it: late and repeated ones change nothing.</summary>
internal sealed class AnswersBelongToTheirCommand(Books books) : Checker(books)
{
    private readonly HashSet<string> answered = new(StringComparer.Ordinal);
    private bool allAreLate;

    public override string Promise => "Only its own answer ends a command, and a late one changes nothing";

    public override string? OnAnswered(string commandId)
    {
        answered.Add(commandId);
        return null;
    }

    public override string? Before(IReadOnlyList<Letter> letters)
    {
        allAreLate = letters.All(letter => IsLate(letter.Stream, letter.Input));
        return null;
    }

    public override string? After(IReadOnlyList<Letter> letters, int stored) =>
        allAreLate && stored > 0 ? $"{letters[0].Input} came too late and changed something" : null;

    public override string? Look(in Fact fact) => fact.Event switch
    {
        AttemptEnded { Status: StepStatus.Succeeded } ended when !answered.Contains($"{fact.Stream}/jobs/{ended.Job}/attempts/{ended.Attempt}") =>
            $"attempt {ended.Attempt} of '{ended.Job}' succeeded and its agent never said so",
        PackageStored when !answered.Contains($"{fact.Stream}/package") => "a package was stored and nobody said so",
        StageBegan { Stage: Stage.Check or Stage.Survey or Stage.Canary or Stage.Shift or Stage.Verify } began => PassedOver(fact, began.Deployment),
        TrafficMeasured measured => PassedOver(fact, measured.Deployment),
        WebhookAnswered { Outcome: Outcome.Succeeded } heard when !answered.Contains(fact.Environment.QuestionId(fact.Deployment(heard.Deployment).Questions[heard.Gate].Asked)) =>
            $"a webhook of deployment {heard.Deployment} said yes and nobody heard it",
        WentLive live when !fact.Deployment(live.Deployment).NeedsDecision => PassedOver(fact, live.Deployment),
        _ => null,
    };

    /// <summary>The stage before was ended by nobody.</summary>
    private string? PassedOver(in Fact fact, int deployment) =>
        fact.Deployment(deployment) is { IsAdvanced: false, CommandId: { } command } line && !IsBetweenMeasurements(fact, line) && !answered.Contains(command) ? $"{command} was passed over and its agent never answered" : null;

    /// <summary>What follows from a measurement stands right behind it, when the next one is wanted already.</summary>
    private static bool IsBetweenMeasurements(in Fact fact, DeploymentLine line) => line.Stage == Stage.Canary && fact.Event is StageBegan;

    private bool IsLate(StreamId stream, MachineInput? input) => input switch
    {
        StageAnswered answer => !Books.Wanted.Contains(answer.CommandId),
        AttemptAnswered answer => !Books.Wanted.Contains(answer.CommandId),
        AttemptTaken taken => !Books.Wanted.Contains(taken.CommandId),
        PackageAnswered answer => !Books.Wanted.Contains(answer.CommandId),
        SettlePush settle => !Books.Wanted.Contains($"{stream}/pushes/{settle.Id}"),
        _ => false,
    };
}

/// <summary>What says <c>repeatable: false</c> runs at most once for a deployment, whatever dies.</summary>
internal sealed class NeverStartedTwice(Books books) : Checker(books)
{
    private readonly HashSet<(string Place, string Release)> started = [];
    private readonly Dictionary<(string Place, string Release), string> begun = [];

    public override string Promise => "What must not be repeated is started at most once";

    public override string? OnBegun(Command command) =>
        Deployed(command) is { } plan && KeyOf(plan) is var key && !begun.TryAdd(key, command.Id) && begun[key] != command.Id
            ? $"{command.Id} begins again what was begun as {begun[key]}"
            : null;

    public override string? OnStarted(AgentCommand command) =>
        Deployed(command) is { } plan && !started.Add(KeyOf(plan)) ? $"{command.Id} was started twice" : null;

    /// <summary>What the command deploys that must not be deployed twice: the version itself, or the one before by going back to it.</summary>
    private static ReleasePlan? Deployed(Command command) => command switch
    {
        DeployTarget deploy when SimulatedTargets.IsOnce(deploy.Plan) => deploy.Plan,
        UndoTarget { Plan.Definition.Target: CommandTarget { Undo: UndoMode.Redeploy }, Previous: { } previous } when SimulatedTargets.IsOnce(previous) => previous,
        _ => null,
    };

    private static (string Place, string Release) KeyOf(ReleasePlan plan) => (SimulatedTargets.Place(plan), plan.Release);
}

/// <summary>Cancel always works and always moves the queue on; so does a rollback by hand.</summary>
internal sealed class CancelMovesOn(Books books) : Checker(books)
{
    private bool wasOver;
    private bool isBusy;
    private bool hadSomethingUnderWay;

    public override string Promise => "Cancel and rollback always move on";

    public override string? Before(IReadOnlyList<Letter> letters)
    {
        if (letters is not [{ Input: { } input } letter])
            return null;
        if (input is CancelDeployment cancel && Line(letter, cancel) is { } line)
            (wasOver, isBusy) = (line.IsOver, line.IsBeingTakenBack);
        else if (input is CancelRun)
            wasOver = Books.Find(letter.Stream) is not RunPage { IsOver: false };
        else if (input is RollBackEnvironment)
            hadSomethingUnderWay = Books.Find(letter.Stream) is EnvironmentPage { UnderWay: not null };
        return null;
    }

    public override string? After(IReadOnlyList<Letter> letters, int stored)
    {
        if (letters is not [{ Input: { } input } letter])
            return null;
        return input switch
        {
            CancelDeployment cancel when Line(letter, cancel) is { } line && !wasOver && !isBusy && !line.IsOver && !line.IsBeingTakenBack && !(line.NeedsDecision && stored > 0) =>
                $"deployment {line.Number} of {letter.Stream} was canceled and stays as it is",
            CancelRun when !wasOver && Books.Find(letter.Stream) is RunPage { IsOver: false } => $"{letter.Stream} was canceled and goes on",
            RollBackEnvironment when stored > 0 && !hadSomethingUnderWay && Books.Find(letter.Stream) is EnvironmentPage { UnderWay: not { Kind: DeploymentKind.Rollback } } =>
                $"a rollback of {letter.Stream} was taken and did not start at once",
            _ => null,
        };
    }

    private DeploymentLine? Line(Letter letter, CancelDeployment cancel) =>
        (Books.Find(letter.Stream) as EnvironmentPage)?.Deployments.GetValueOrDefault(cancel.Deployment);
}

/// <summary>Nothing is given up before its time, whatever the clock does, and everything after it.</summary>
internal sealed class TimeIsGiven(Books books) : Checker(books)
{
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(1);

    private readonly HashSet<StreamId> asked = [];

    public override string Promise => "Every wait has a deadline: nothing is given up before it, and everything after";

    public override string? Before(IReadOnlyList<Letter> letters)
    {
        asked.Clear();
        if (letters.All(letter => letter.Input is RunClock or EnvironmentClock))
            asked.UnionWith(letters.Select(letter => letter.Stream));
        return null;
    }

    public override string? WhenItIsCalm(DateTimeOffset now) =>
        Books.Pages.FirstOrDefault(page => page.EarliestDeadline() < now - Slack) is { } late
            ? $"{late.Stream} had time until {late.EarliestDeadline():dd HH:mm:ss}, it is {now:dd HH:mm:ss}, and nobody gave it up"
            : null;

    public override string? Look(in Fact fact)
    {
        if (asked.Count == 0 || !asked.Remove(fact.Stream))
            return null;
        // What a gate kept, time may let go on: whether rightly is another checker's question.
        if (fact.Event is DeploymentStarted or WebhookAsked or DeploymentEnded { Status: DeploymentStatus.Superseded })
            return null;
        var deadline = fact.Event is DeploymentEnded { WaitedTooLong: true } ? fact.Environment.EarliestOfGates() : fact.Page.EarliestDeadline();
        return fact.At >= deadline ? null : $"it was given up at {fact.At:dd HH:mm:ss}, and had time until {deadline:dd HH:mm:ss}";
    }
}
