using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;
using Towpath.Core.Runs;
using Towpath.Tests.Core;
using EnvironmentGiven = Towpath.Tests.Core.Environments.Given;
using RunGiven = Towpath.Tests.Core.Runs.Given;

namespace Towpath.Tests.House;

/// <summary>
/// Every event and every input, also those that are added later, meet every kind of state: replay never throws, an
/// input is never a crash, and what is over stays over.
/// </summary>
public sealed class TotalityTests
{
    private const int Draws = 25;

    private static readonly TrafficMeasure Counted = new(0.05, new(50, 1, [25, 12, 5, 2, 0]), new(950, 10, [475, 237, 95, 47, 9]));
    private static readonly DateTimeOffset Later = Sample.Noon.AddHours(3);

    private static readonly IReadOnlyList<(StreamId Stream, MachineState State)> States =
        [.. Projects().Select(state => (StreamId.OfProject("shop"), (MachineState)state)), .. Runs(), .. Environments()];

    public static TheoryData<Type> Events => [.. Kinds(typeof(ProjectEvent), typeof(RunEvent), typeof(EnvironmentEvent))];

    public static TheoryData<Type> Inputs => [.. Kinds(typeof(ProjectInput), typeof(RunInput), typeof(EnvironmentInput))];

    [Theory]
    [MemberData(nameof(Events))]
    public void Every_state_takes_the_event(Type kind)
    {
        foreach (var (stream, state) in StatesFor(kind))
        {
            for (var draw = 1; draw <= Draws; draw++)
            {
                var drawn = (MachineEvent)new Examples(draw).Of(kind);
                Assert.Null(Record.Exception(() => Flow.Evolve(stream, state, new Recorded<MachineEvent>(1, Later, drawn))));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Inputs))]
    public void Every_state_takes_the_input_and_what_is_over_stays_over(Type kind)
    {
        foreach (var (stream, state) in StatesFor(kind))
        {
            var ids = Flow.Pending(state).Select(command => command.Id).ToList();
            for (var draw = 1; draw <= Draws; draw++)
            {
                var input = (MachineInput)new Examples(draw, ids).Of(kind);
                var decision = Flow.Decide(stream, state, input, Later);
                Assert.True(decision.Refusal is null || decision.Events.Count == 0, $"{input} is refused and changes something");
                var after = decision.Events.Aggregate(
                    state, (known, one) => Flow.Evolve(stream, known, new Recorded<MachineEvent>(1, Later, one))!);
                Assert.Empty(Revived(state, after));
                Assert.NotNull(Flow.Pending(after).ToList());
                Assert.NotNull(Flow.Deliveries(after).ToList());
            }
        }
    }

    [Fact]
    public void What_is_revived_is_found()
    {
        var run = RunGiven.Run(Sample.Job("test")).When(new CancelRun("ada")).State;
        Assert.Equal(["run 7 was Canceled"], Revived(run, run with { Status = RunStatus.Running }));
        var place = EnvironmentGiven.Environment("production").Live(1).State;
        Assert.Equal(["deployment 1 was Live"], Revived(
            place,
            place with
            {
                Deployments = place.Deployments.Replace(_ => true, deployment => deployment with { Status = DeploymentStatus.Waiting }),
            }));
    }

    [Fact]
    public void States_are_of_every_kind()
    {
        Assert.Equal(
            Enum.GetValues<RunStatus>(), States.Select(one => one.State).OfType<RunState>().Select(run => run.Status).Distinct().Order());
        var missing = Enum.GetValues<DeploymentStatus>().Except(States.Select(one => one.State).OfType<EnvironmentState>()
            .SelectMany(place => place.Deployments).Select(deployment => deployment.Status));
        Assert.Empty(missing);
    }

    private static IEnumerable<string> Revived(MachineState before, MachineState after) => (before, after) switch
    {
        (RunState { IsOver: true } run, RunState next) when run.Status != next.Status => [$"run {run.Number} was {run.Status}"],
        (EnvironmentState place, EnvironmentState next) => place.Deployments
            .Where(deployment => deployment.IsOver && next.Deployment(deployment.Number) is { } now && now.Status != deployment.Status)
            .Select(deployment => $"deployment {deployment.Number} was {deployment.Status}"),
        _ => [],
    };

    private static IEnumerable<Type> Kinds(params Type[] hierarchies) => hierarchies.SelectMany(Examples.KindsOf);

    private static IEnumerable<(StreamId Stream, MachineState State)> StatesFor(Type kind) => States.Where(one => one.State switch
    {
        ProjectState => kind.IsSubclassOf(typeof(ProjectEvent)) || kind.IsSubclassOf(typeof(ProjectInput)),
        RunState => kind.IsSubclassOf(typeof(RunEvent)) || kind.IsSubclassOf(typeof(RunInput)),
        _ => kind.IsSubclassOf(typeof(EnvironmentEvent)) || kind.IsSubclassOf(typeof(EnvironmentInput)),
    });

    private static IEnumerable<ProjectState> Projects()
    {
        var state = ProjectState.Empty("shop");
        yield return state;
        Type[] kinds =
        [
            typeof(PushAnnounced), typeof(RefMoved), typeof(RunHandedOver), typeof(PushAnnounced), typeof(RetryRequested),
            typeof(PushSettled),
        ];
        foreach (var kind in kinds)
        {
            for (var draw = 1; draw <= 5; draw++)
                state = ProjectMachine.Evolve(
                    state, new Recorded<ProjectEvent>(draw, Sample.Noon, (ProjectEvent)new Examples(draw).Of(kind)));
            yield return state;
        }
    }

    private static IEnumerable<(StreamId Stream, MachineState State)> Runs() => new[]
    {
        Run(), Run().Taken("test"), Run().Failed("test"), Run().Failed("test").Failed("test"), Run().Succeeded("test"),
        Run().Succeeded("test").Taken("publish"),
        Run().Succeeded("test").Succeeded("publish"), Run().Succeeded("test").Succeeded("publish").Packaged(),
        Run().Succeeded("test").Succeeded("publish").Packaged(Outcome.Errored, "The disk is full."),
        Run().Taken("test").When(new CancelRun("ada")),
    }.Select(story => (StreamId.OfRun("shop", 7), (MachineState)story.State));

    private static Core.Runs.RunScenario Run() => RunGiven.Run(Sample.Job("test", retry: 1), Sample.Job("publish", ["test"]));

    private static IEnumerable<(StreamId Stream, MachineState State)> Environments() => new[]
    {
        Place(), EnvironmentGiven.Environment("production", after: ["staging", "load-test"]).Passed(1, "staging"),
        Place().Underway(1, Stage.Start), Place().Underway(1, Stage.Check).Offered(2).Offered(3),
        Place().Live(1).Underway(2, Stage.Shift), Place().Live(1).Live(2).RolledBack(),
        Place().Live(1).Live(2).RolledBack().Arrives().Offered(3).Offered(1),
        Place().Live(2).Offered(1).Held().Variable("LOG", "debug"), Place().Live(1).Variable("LOG", "debug"),
        Place().Live(1).When(new StopEnvironment("ada")),
        Place().Live(1).When(new StopEnvironment("ada")).Arrives(), Place().Live(1).Underway(2, Stage.Shift).Answered(Outcome.Failed, "no"),
        Place().Live(1).Underway(2, Stage.Shift).Answered(Outcome.Failed, "no").Answered(Outcome.Failed, "no"),
        Place().Live(1).Underway(2, Stage.Shift).Answered(Outcome.Failed, "no").Arrives().Offered(3, package: "package 2"),
        Place().Live(1).Underway(2, Stage.Check).Answered(Outcome.Failed, "no").Arrives(),
        Place().Underway(1, Stage.Check).Answered(Outcome.Errored, "no").Arrives(),
        Place().Underway(1, Stage.Check).When(new CancelDeployment(1, "ada")).Arrives(),
        Steps().Live(1).Underway(2, Stage.Survey), Steps().Live(1).Underway(2, Stage.Canary).Measured(Counted, times: 3),
        Steps().Live(1).Underway(2, Stage.Canary).AfterTime(TimeSpan.FromMinutes(30)),
        Npm(UndoMode.None).Live(1).Underway(2, Stage.Verify).Answered(Outcome.Failed, "no"),
        Npm(UndoMode.Command).Underway(1, Stage.Deploy).Answered(Outcome.Unknown, "no"),
        Npm(UndoMode.Redeploy).Live(1).Live(2).RolledBack(),
    }.Select(story => (StreamId.OfEnvironment("shop", story.State.Name), (MachineState)story.State));

    private static Core.Environments.EnvironmentScenario Place() =>
        EnvironmentGiven.Environment("production", after: ["staging"], later: "npm");

    private static Core.Environments.EnvironmentScenario Steps() => Place().Defined(place => place with { Rollout = Sample.Rollout() });

    private static Core.Environments.EnvironmentScenario Npm(UndoMode undo) =>
        EnvironmentGiven.Environment("npm", target: Sample.Command(undo));
}
