using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Commits;

/// <summary>A story of one project's schedules: what was pushed, where the clock stood, which runs there are then.</summary>
internal sealed class ScheduleScenario(DateTimeOffset start)
{
    public const string Main = "refs/heads/main";

    private readonly List<Recorded<ProjectEvent>> journal = [];
    private DateTimeOffset now = start;
    private int pushes;
    private string? noRoom;

    public ProjectState State { get; private set; } = ProjectState.Empty("shop");

    /// <summary>Runs that schedules started, with the times that they are for and how many were missed before.</summary>
    public IEnumerable<(DateTimeOffset At, int Missed)> Fired =>
        State.Requests.Select(request => request.Scheduled).OfType<ScheduledFor>().Select(each => (each.At, each.Missed));

    /// <summary>The same, of the whole story: the project itself forgets old runs.</summary>
    public IReadOnlyList<(DateTimeOffset At, int Missed)> AllFired =>
        [.. journal.Select(recorded => recorded.Event).OfType<TimeCame>().Select(came => (came.At, came.Missed))];

    public static ScheduleScenario At(string moment) => new(Moment(moment));

    public static DateTimeOffset Moment(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    public ScheduleScenario Pushed(int commit, params Schedule[] schedules) => PushedTo(Main, commit, schedules);

    public ScheduleScenario PushedTo(string branch, int commit, params Schedule[] schedules)
    {
        var id = $"p{++pushes}";
        var pipeline = Sample.Pipeline([Sample.Job("test")], Sample.Place("staging")) with { Schedules = schedules.ToValueList() };
        return When(new AnnouncePush(id, [new RefChange(branch, null, Sample.CommitOf(commit), $"Change {commit}", pipeline)]))
            .When(new SettlePush(id, [branch]));
    }

    /// <summary>The clock goes on, and every deadline on the way is looked at when it comes.</summary>
    public ScheduleScenario GoesOnTo(string moment)
    {
        var end = Moment(moment);
        while (ProjectMachine.NextDeadline(State) is { } deadline && deadline <= end)
        {
            now = deadline > now ? deadline : now;
            When(new ProjectClock(noRoom));
        }

        now = end;
        return this;
    }

    /// <summary>From now on there is no room for a run; null: there is.</summary>
    public ScheduleScenario Full(string? why)
    {
        noRoom = why;
        return this;
    }

    /// <summary>The clock is set, or nobody looked for a while; then somebody does.</summary>
    public ScheduleScenario JumpsTo(DateTimeOffset moment)
    {
        now = moment;
        if (ProjectMachine.NextDeadline(State) <= now)
            When(new ProjectClock());
        return this;
    }

    public ScheduleScenario JumpsTo(string moment) => JumpsTo(Moment(moment));

    /// <summary>What was stored before is all that a new process knows.</summary>
    public ScheduleScenario Restarted()
    {
        State = journal.Aggregate(ProjectState.Empty("shop"), ProjectMachine.Evolve);
        return this;
    }

    public ScheduleScenario ThenFired(params (string At, int Missed)[] expected)
    {
        Assert.Equal(expected.Select(each => (Moment(each.At), each.Missed)), Fired);
        return this;
    }

    /// <summary>So many times came, each of them once.</summary>
    public ScheduleScenario ThenFiredEach(int count)
    {
        Assert.Equal(count, AllFired.Count);
        Assert.Equal(count, AllFired.Select(each => each.At).Distinct().Count());
        return this;
    }

    public ScheduleScenario When(ProjectInput input)
    {
        foreach (var one in ProjectMachine.Decide(State, input, now).Events)
        {
            journal.Add(new Recorded<ProjectEvent>(journal.Count + 1, now, one));
            State = ProjectMachine.Evolve(State, journal[^1]);
        }

        return this;
    }
}
