using System.Text.Json;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Packages;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Environments;

internal static class Given
{
    /// <param name="later">Environments that come after this one.</param>
    public static EnvironmentScenario Environment(
        string name, ValueList<string>? after = null, TargetDefinition? target = null, QueueMode queue = QueueMode.NewestReady,
        params string[] later) =>
        new(Sample.Place(name, after, target, queue), later);
}

/// <summary>
/// A story of one environment: what was, what happens, what is then. Runs are told apart by number, a later number is a
/// later commit, and each has bytes of its own unless it says otherwise.
/// </summary>
internal sealed class EnvironmentScenario
{
    private readonly string[] later;
    private EnvironmentDefinition definition;
    private DateTimeOffset now = Sample.Noon;
    private Decision<EnvironmentEvent> last = Decision<EnvironmentEvent>.Nothing;

    public EnvironmentScenario(EnvironmentDefinition definition, string[] later)
    {
        this.definition = definition;
        this.later = later;
        State = EnvironmentState.Empty("shop", definition.Name);
    }

    public EnvironmentState State { get; private set; }

    /// <summary>All that happened.</summary>
    public List<Recorded<EnvironmentEvent>> Story { get; } = [];

    public DateTimeOffset Now => now;

    /// <summary>Runs that come from now on have another definition of the environment.</summary>
    public EnvironmentScenario Defined(Func<EnvironmentDefinition, EnvironmentDefinition> change)
    {
        definition = change(definition);
        return this;
    }

    public Candidate Run(int run, string? package = null, string? app = null, long? order = null) => new(
        run, order ?? run * 10, Sample.CommitOf(run), $"Change {run}", Sample.PackageOf(package ?? $"package {run}", app), Sample.Pipeline(
            [Sample.Job("build")],
            [
                .. definition.After.Select(name => Sample.Place(name)),
                definition,
                .. later.Select(name => Sample.Place(name, [definition.Name])),
            ]));

    /// <summary>The run is offered, and was live in all environments before.</summary>
    public EnvironmentScenario Offered(int run, string? package = null, string? app = null, long? order = null)
    {
        var candidate = Run(run, package, app, order);
        if (definition.After.Count == 0)
            return When(new OfferCandidate(candidate, null));
        foreach (var before in definition.After)
            When(new OfferCandidate(candidate, before));
        return this;
    }

    /// <summary>The run was live in one of the environments before.</summary>
    public EnvironmentScenario Passed(int run, string environment) => When(new OfferCandidate(Run(run), environment));

    public EnvironmentScenario Revoked(int run, string environment) => When(new RevokeCandidates([Run(run)], environment));

    public EnvironmentScenario Live(int run, string? package = null, string? app = null) =>
        Offered(run, package, app).Arrives().ThenLive(run);

    /// <summary>The run's deployment is in the given stage.</summary>
    /// <param name="by">Who approves it; null: it needs no approval.</param>
    public EnvironmentScenario Underway(int run, Stage stage, string? by = null)
    {
        Offered(run);
        if (by is not null)
            Approved(run, by);
        while (State.Active!.Stage != stage)
            _ = State.Active.Stage == Stage.Survey ? Surveyed() : Answered(Outcome.Succeeded);
        return this;
    }

    /// <summary>Runs that come from now on have to pass these gates.</summary>
    public EnvironmentScenario Gated(params GateDefinition[] gates) => Defined(place => place with { Gates = gates.ToValueList() });

    public EnvironmentScenario Approved(int run, string by) => When(new ApproveDeployment(DeploymentOf(run).Number, by, null, null));

    /// <summary>A webhook answers what it was asked about the run.</summary>
    public EnvironmentScenario Heard(int run, Outcome outcome, string says = "") => When(new StageAnswered(
        Assert.Single(EnvironmentMachine.Pending(State).OfType<AskWebhook>(), question => question.Plan.Run == run).Id, outcome, says));

    public EnvironmentScenario Held(string by = "ada") => When(new HoldEnvironment(by, "Wait."));

    public EnvironmentScenario Variable(string name, string? value) =>
        When(new ChangeSettings(OrdinalMap<string?>.Empty.With(name, value), OrdinalMap<bool>.Empty, "ada"));

    public EnvironmentScenario Secret(string name) =>
        When(new ChangeSettings(OrdinalMap<string?>.Empty, OrdinalMap<bool>.Empty.With(name, true), "ada"));

    public EnvironmentScenario When(EnvironmentInput input)
    {
        last = EnvironmentMachine.Decide(State, input, now);
        foreach (var one in last.Events)
        {
            var recorded = new Recorded<EnvironmentEvent>(Story.Count + 1, now, one);
            Story.Add(recorded);
            State = EnvironmentMachine.Evolve(State, recorded);
        }

        return this;
    }

    /// <summary>The server dies, and another one reads what is in the journal: it comes to the same, and asks for the same.</summary>
    public EnvironmentScenario ServerRestarted()
    {
        var (before, asked) = (State, EnvironmentMachine.Pending(State).ToList());
        State = Story.Aggregate(EnvironmentState.Empty(State.Project, State.Name), (state, one) => EnvironmentMachine.Evolve(
            state, one with { Event = JsonSerializer.Deserialize<EnvironmentEvent>(JsonSerializer.Serialize(one.Event, CoreJson.Options), CoreJson.Options)! }));
        Assert.Equal(before, State);
        Assert.Equal(asked, EnvironmentMachine.Pending(State));
        return this;
    }

    public EnvironmentScenario RolledBack(string by = "ada", int? to = null) => When(new RollBackEnvironment(by, "It looks wrong.") { To = to });

    /// <summary>The agent ends the command that is in flight.</summary>
    public EnvironmentScenario Answered(Outcome outcome, string reason = "") =>
        When(new StageAnswered(Assert.Single(EnvironmentMachine.Pending(State).OfType<StageCommand>()).Id, outcome, reason));

    /// <summary>The live version has answered some requests before the canary.</summary>
    public EnvironmentScenario Surveyed() => When(new StageAnswered(Assert.Single(EnvironmentMachine.Pending(State)).Id, Outcome.Succeeded, "")
    {
        History = new TrafficHistory(1_000, 100_000, 100, [50_000, 25_000, 10_000, 5_000, 1_000], [10, 20, 30, 40, 50]),
    });

    /// <summary>Measurements that come one after the other.</summary>
    /// <param name="until">Ends before with the first one that is asked for at this share.</param>
    /// <param name="answer">What a metric's source says; null: nobody answers.</param>
    public EnvironmentScenario Measured(TrafficMeasure? traffic, int times = 1, double? until = null, Func<MetricQuestion, double?>? answer = null)
    {
        for (var bin = 0; bin < times && EnvironmentMachine.Pending(State).SingleOrDefault() is MeasureTraffic asked && asked.Share != until; bin++)
        {
            now += asked.For;
            When(new StageAnswered(asked.Id, Outcome.Succeeded, "")
            {
                Traffic = traffic is null ? null : traffic with { Share = asked.Share, Seconds = asked.For.TotalSeconds },
                Samples = asked.Metrics.Select(question => answer?.Invoke(question) is { } value
                    ? new MetricSample(question.Metric, question.OfLive, value, "")
                    : new MetricSample(question.Metric, question.OfLive, null, "Connection refused.")).ToValueList(),
            });
        }

        return this;
    }

    /// <summary>Everything that is asked of the agent succeeds until nothing is under way.</summary>
    public EnvironmentScenario Arrives()
    {
        while (EnvironmentMachine.Pending(State).Any(command => command is StageCommand))
            _ = State.Active!.Stage == Stage.Canary
                ? When(new AdvanceDeployment(State.Active.Number, ToEnd: true, "ada"))
                : Answered(Outcome.Succeeded);
        return this;
    }

    /// <summary>Time goes by, and every deadline on the way is looked at when it comes.</summary>
    public EnvironmentScenario AfterTime(TimeSpan time)
    {
        var end = now + time;
        while (EnvironmentMachine.NextDeadline(State, now) is { } deadline && deadline <= end)
        {
            Assert.True(deadline >= now, $"{deadline} is over");
            now = deadline;
            When(new EnvironmentClock());
            Assert.True(last.Events.Count > 0 || EnvironmentMachine.NextDeadline(State, now) > now, $"nothing happens at {deadline}, for ever");
        }

        now = end;
        return this;
    }

    /// <summary>Time goes by, and nothing happens: also nothing that would be over again by the end.</summary>
    public EnvironmentScenario Idle(TimeSpan time)
    {
        var before = Story.Count;
        AfterTime(time);
        Assert.Equal(before, Story.Count);
        return this;
    }

    /// <summary>Time goes by, and nobody looks.</summary>
    public EnvironmentScenario Unseen(TimeSpan time)
    {
        now += time;
        return this;
    }

    /// <summary>The last deployment of the run is there now; the reason, where given, is contained in what people read.</summary>
    public EnvironmentScenario Then(int run, DeploymentStatus status, string reason = "")
    {
        var deployment = DeploymentOf(run);
        Assert.Equal(status, deployment.Status);
        var shown = status == DeploymentStatus.Waiting ? DeploymentQueue.WaitReason(State, deployment, now) : deployment.Reason;
        Assert.Contains(reason, shown, StringComparison.Ordinal);
        return this;
    }

    /// <summary>How the run's deployment stands with its gate of that name.</summary>
    public EnvironmentScenario ThenGate(int run, string name, bool isPassed, string reason = "")
    {
        var gate = Assert.Single(Gates.Of(State, DeploymentOf(run), now), gate => gate.Name == name);
        Assert.True(gate.IsPassed == isPassed, gate.Reason);
        Assert.Contains(reason, gate.Reason, StringComparison.Ordinal);
        return this;
    }

    public EnvironmentScenario ThenOffered(int run, DeploymentKind kind, int? undoes = null)
    {
        var deployment = DeploymentOf(run);
        Assert.Equal((kind, undoes), (deployment.Kind, deployment.Undoes));
        return this;
    }

    public EnvironmentScenario ThenLive(int run)
    {
        Assert.Equal(run, State.Live?.Candidate.Run);
        return this;
    }

    public EnvironmentScenario ThenReleaseIs(string release)
    {
        Assert.Equal(release, State.Live?.Release);
        return this;
    }

    public EnvironmentScenario ThenNothingIsLive()
    {
        Assert.Null(State.Live);
        return this;
    }

    public EnvironmentScenario ThenNothingIsUnderWay()
    {
        Assert.Null(State.Active);
        Assert.Empty(EnvironmentMachine.Pending(State));
        return this;
    }

    public EnvironmentScenario ThenHeldBy(string? person)
    {
        Assert.Equal(person, State.Hold?.By);
        return this;
    }

    public EnvironmentScenario ThenQuarantined(params int[] runs)
    {
        Assert.Equal(runs.Select(run => Run(run).Package.Digest), State.Quarantine.Select(entry => entry.Package));
        return this;
    }

    /// <summary>What was asked for last was refused, with words that contain these.</summary>
    public EnvironmentScenario ThenRefused(string why)
    {
        Assert.Contains(why, last.Refusal, StringComparison.Ordinal);
        Assert.Empty(last.Events);
        return this;
    }

    public EnvironmentScenario ThenNothingHappened()
    {
        Assert.Equal(Decision<EnvironmentEvent>.Nothing, last);
        return this;
    }

    /// <summary>The agent is asked for exactly this.</summary>
    public EnvironmentScenario ThenAsked<TCommand>(Func<TCommand, bool>? and = null) where TCommand : AgentCommand
    {
        var command = Assert.IsType<TCommand>(Assert.Single(EnvironmentMachine.Pending(State)));
        Assert.True(and?.Invoke(command) ?? true, command.ToString());
        return this;
    }

    /// <summary>What the environments after this one are told, in order, and have not confirmed.</summary>
    public EnvironmentScenario ThenTold(params (int Run, bool Passed)[] news)
    {
        Assert.Equal(news, State.HandOvers.Select(told => (told.Candidate.Run, told.Passed)));
        return this;
    }

    public Deployment DeploymentOf(int run) => State.Deployments.Last(deployment => deployment.Candidate.Run == run);
}
