using Microsoft.Extensions.Logging.Abstractions;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;
using Towpath.Core.Runs;
using Towpath.Engine;
using Towpath.Engine.Journal;
using Towpath.Tests.Core;
using Towpath.Tests.Server;

namespace Towpath.Tests.Engine;

/// <summary>The whole engine on a clock that is set while it runs, and while it does not.</summary>
public sealed class ClockTests : IAsyncDisposable
{
    private const string Main = "refs/heads/main";
    private static readonly StreamId Shop = StreamId.OfProject("shop");
    private static readonly StreamId Staging = StreamId.OfEnvironment("shop", "staging");
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly SetTime time = new(Sample.Noon);
    private readonly MemoryJournal journal = new();
    private ScriptedWork work = new();
    private ValueList<GateDefinition> gates = [];
    private ControlPlane plane;

    public ClockTests() => plane = Start();

    public ValueTask DisposeAsync() => plane.DisposeAsync();

    [Fact]
    public async Task Deployment_under_way_is_not_overdue_because_the_clock_was_set_forward()
    {
        await DeployAsync();
        time.Set(2 * Hour);
        await LookAsync();
        Assert.Equal(Stage.Start, Place.Active?.Stage);

        // Its own half an hour does end it.
        time.Pass(TimeSpan.FromMinutes(29));
        await LookAsync();
        await IsOverdueAsync();
    }

    [Fact]
    public async Task Window_opens_when_the_clock_is_right_again_that_was_far_ahead()
    {
        gates = [new WindowGate([new Window(Enum.GetValues<DayOfWeek>().ToValueList(), 14 * Hour, 16 * Hour, "UTC")], TimeSpan.FromDays(7))];
        await PushAsync();
        await Eventually.That(() => plane.Environment("shop", "staging")?.Waiting.Any() == true, "it waits at its window");
        time.Set(9 * Hour);
        await LookAsync();
        Assert.Null(Place.Active);
        time.Set(-9 * Hour);
        await LookAsync();
        time.Pass(2 * Hour);
        await LookAsync();
        await Eventually.That(() => Place.Active is not null, "the window opened");
    }

    [Fact]
    public async Task Deployment_under_way_gets_no_more_time_because_the_clock_was_set_back()
    {
        await DeployAsync();
        time.Set(-2 * Hour);
        await LookAsync();
        time.Pass(TimeSpan.FromMinutes(32));
        await LookAsync();
        Assert.Equal(Stage.Start, Place.Active?.Stage);
        time.Pass(TimeSpan.FromMinutes(2));
        await LookAsync();
        await IsOverdueAsync();
    }

    [Fact]
    public async Task Schedule_that_came_while_the_server_was_away_starts_one_run_when_it_is_back()
    {
        await PushAsync(new Schedule("0 3 * * *", "UTC"));
        await plane.DisposeAsync();
        time.Pass(TimeSpan.FromDays(3));
        plane = Start();
        await Eventually.That(() => plane.Run("shop", 2) is { IsOver: true }, "the schedule's run ends");
        Assert.Equal((Sample.Noon.AddHours(63), 2), plane.Run("shop", 2)!.Request.Scheduled is { } scheduled ? (scheduled.At, scheduled.Missed) : default);

        await plane.DisposeAsync();
        time.Set(-Hour);
        plane = Start();
        await LookAsync();
        Assert.Equal(3, plane.Project("shop")!.NextRun);
    }

    [Fact]
    public async Task Schedule_starts_its_run_when_the_clock_is_set_over_it_and_not_again_when_it_is_set_back()
    {
        await PushAsync(new Schedule("30 12 * * *", "UTC"));
        time.Set(Hour);
        await LookAsync();
        await Eventually.That(() => plane.Run("shop", 2) is { IsOver: true }, "the schedule's run ends");
        time.Set(-Hour);
        await LookAsync();
        time.Pass(Hour);
        await LookAsync();
        Assert.Equal(3, plane.Project("shop")!.NextRun);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Schedule_that_was_planned_by_a_clock_far_ahead_is_planned_again_once_it_is_right(bool isAway)
    {
        var wrong = TimeSpan.FromDays(10_000);
        time.Set(wrong);
        await PushAsync(new Schedule("0 3 * * *", "UTC"));
        if (isAway)
            await plane.DisposeAsync();
        time.Set(-wrong);
        if (isAway)
            plane = Start();
        await LookAsync();
        await Eventually.That(() => plane.Project("shop")!.Schedules[0].Next == Sample.Noon.AddHours(15), "it is planned by the right clock");
    }

    private EnvironmentState Place => plane.Environment("shop", "staging")!;

    private ControlPlane Start()
    {
        work = new ScriptedWork { Script = command => command is StartRelease ? null : ScriptedWork.Succeed(command) };
        var started = new ControlPlane(journal, work, time, NullLoggerFactory.Instance);
        work.Answer = (command, input) => started.Loop.Post(StreamId.OfCommand(command.Id), input);
        started.Start(time.GetUtcNow());
        return started;
    }

    private async Task DeployAsync()
    {
        await PushAsync();
        await Eventually.That(() => plane.Environment("shop", "staging")?.Active?.Stage == Stage.Start, "the deployment starts");
    }

    private async Task PushAsync(params Schedule[] schedules)
    {
        ValueList<EnvironmentDefinition> places = schedules.Length == 0 ? [Sample.Place("staging") with { Gates = gates }] : [];
        var pipeline = Sample.Pipeline([Sample.Job("test")], [.. places]) with { Schedules = schedules.ToValueList() };
        await plane.Loop.AskAsync(Shop, new AnnouncePush("p1", [new RefChange(Main, null, Sample.CommitOf(1), "One", pipeline)]));
        await plane.Loop.AskAsync(Shop, new SettlePush("p1", [Main]));
        await Eventually.That(() => plane.Run("shop", 1) is { IsOver: true }, "the push's run ends");
    }

    private async Task IsOverdueAsync()
    {
        await Eventually.That(() => Place.Deployments[0].IsOver, "the deployment is taken back");
        Assert.Equal(DeploymentStatus.Errored, Place.Deployments[0].Status);
        Assert.Contains("did not finish 'start' in time", Place.Deployments[0].Reason, StringComparison.Ordinal);
    }

    /// <summary>Any input makes the loop look at the time: its timers do not know the clock of the test.</summary>
    private async Task LookAsync()
    {
        for (var twice = 0; twice < 2; twice++)
            await plane.Loop.AskAsync(Staging, new HandOverTaken("nowhere", [1], true));
    }
}
