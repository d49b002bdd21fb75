using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Runs;
using Towpath.Engine.Journal;

namespace Towpath.Simulation.Checkers;

/// <summary>An event that is on the disk, with the page of the books that it belongs to.</summary>
internal readonly record struct Fact(StreamId Stream, long Sequence, DateTimeOffset At, MachineEvent Event, Page Page)
{
    public EnvironmentPage Environment => (EnvironmentPage)Page;

    public RunPage Run => (RunPage)Page;

    /// <summary>The page's deployment; only for events of one that was offered.</summary>
    public DeploymentLine Deployment(int number) => Environment.Deployments[number];
}

/// <summary>
/// What the checkers know: kept from the recorded events alone, with nothing of the code under test, so that a mistake
/// there is not made here as well.
/// </summary>
internal sealed class Books
{
    private readonly Dictionary<string, Page> pages = new(StringComparer.Ordinal);

    /// <summary>Ids of commands that should be in flight now.</summary>
    public HashSet<string> Wanted { get; } = new(StringComparer.Ordinal);

    public IEnumerable<Page> Pages => pages.Values;

    public Page? Find(StreamId stream) => pages.GetValueOrDefault(stream.Text);

    public EnvironmentPage? Environment(string project, string name) => (EnvironmentPage?)pages.GetValueOrDefault($"{project}/environments/{name}");

    public RunPage? Run(string project, int number) => (RunPage?)pages.GetValueOrDefault($"{project}/runs/{number}");

    public Fact Open(JournalEntry entry)
    {
        if (!pages.TryGetValue(entry.Stream, out var page))
        {
            var stream = StreamId.Parse(entry.Stream);
            page = stream.Run is not null ? new RunPage(stream) : stream.Environment is not null ? new EnvironmentPage(stream) : new ProjectPage(stream);
            pages.Add(entry.Stream, page);
        }

        return new Fact(page.Stream, entry.Sequence, entry.At, entry.Event!, page);
    }

    /// <summary>After everybody has looked at it.</summary>
    public void Enter(in Fact fact)
    {
        switch (fact.Event)
        {
            case ProjectEvent project:
                ((ProjectPage)fact.Page).Enter(project, Wanted);
                break;
            case RunEvent run:
                fact.Run.Enter(run, fact.At, Wanted);
                break;
            case EnvironmentEvent environment:
                fact.Environment.Enter(environment, fact.At, Wanted);
                break;
        }
    }
}

/// <summary>What is known of one stream.</summary>
internal abstract class Page(StreamId stream)
{
    public StreamId Stream { get; } = stream;

    public string Project { get; } = stream.Project;

    /// <summary>The earliest moment at which time alone may change something here; the end of time when it never does.</summary>
    public virtual DateTimeOffset EarliestDeadline() => DateTimeOffset.MaxValue;
}

internal sealed class ProjectPage(StreamId stream) : Page(stream)
{
    public Dictionary<string, PushAnnounced> Pushes { get; } = new(StringComparer.Ordinal);

    /// <summary>Runs that were asked for and that have not been handed over.</summary>
    public HashSet<int> Owed { get; } = [];

    public int Runs { get; private set; }

    public void Enter(ProjectEvent entered, HashSet<string> wanted)
    {
        switch (entered)
        {
            case PushAnnounced announced:
                Pushes[announced.Id] = announced;
                wanted.Add($"{Project}/pushes/{announced.Id}");
                break;
            case PushSettled settled:
                Pushes.Remove(settled.Id);
                wanted.Remove($"{Project}/pushes/{settled.Id}");
                break;
            case RefMoved { Run: { } run }:
                Ask(run);
                break;
            case RetryRequested retry:
                Ask(retry.Run);
                break;
            case UploadRequested upload:
                Ask(upload.Run);
                break;
            case RunHandedOver taken:
                Owed.Remove(taken.Run);
                break;
        }
    }

    private void Ask(int run)
    {
        Runs = Math.Max(Runs, run);
        Owed.Add(run);
    }
}
