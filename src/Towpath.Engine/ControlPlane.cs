using Microsoft.Extensions.Logging;
using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Runs;
using Towpath.Engine.Journal;

namespace Towpath.Engine;

/// <summary>The engine put together over one data folder: the loop, and everything it keeps and talks to.</summary>
public sealed class ControlPlane : IAsyncDisposable
{
    private const int ReadersAtMost = 4;
    private readonly Loop loop;
    private readonly TimeProvider time;
    private readonly Snapshots snapshots;

    /// <param name="room">Schedules start nothing while it has a problem; null: there is always room.</param>
    public ControlPlane(IJournal journal, IAdapters adapters, TimeProvider time, ILoggerFactory logs, DiskRoom? room = null)
    {
        Journal = journal;
        this.time = time;
        snapshots = new Snapshots(journal, time, logs.CreateLogger<Snapshots>());
        loop = new Loop(journal, adapters, Rules.OfFlow with { Clock = stream => Flow.Clock(stream, ProblemOf(room)) })
        {
            Changed = Announce,
            Restored = snapshots.Take,
            ReadersAtStart = Math.Min(ReadersAtMost, System.Environment.ProcessorCount),
        };
        Loop = new LoopRunner(loop, time, logs.CreateLogger<LoopRunner>());
    }

    public IJournal Journal { get; }

    public LoopRunner Loop { get; }

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Tells which streams changed, after the change is durable.</summary>
    public ChangeFeed Changes { get; } = new();

    /// <summary>Replays the journal, begins again what should be in flight, and takes inputs from here on.</summary>
    public void Start(DateTimeOffset now)
    {
        loop.Restore(now);
        Loop.Start();
    }

    public ProjectState? Project(string name) => loop.Read(StreamId.OfProject(name)) as ProjectState;

    public RunState? Run(string project, int number) => loop.Read(StreamId.OfRun(project, number)) as RunState;

    public EnvironmentState? Environment(string project, string name) => loop.Read(StreamId.OfEnvironment(project, name)) as EnvironmentState;

    /// <summary>An environment's events from one on, as they are asked for; there may be years of them.</summary>
    /// <exception cref="JournalException">The journal cannot be read, or an event in it is damaged.</exception>
    public IEnumerable<Recorded<EnvironmentEvent>> EventsOf(StreamId environment, long from)
    {
        const int PageSize = 500;
        var after = from - 1;
        while (true)
        {
            var page = Journal.Read(environment.Text, after, PageSize);
            foreach (var entry in page)
            {
                var recorded = EventJson.Read(entry);
                yield return recorded.Of((EnvironmentEvent)recorded.Event);
            }

            if (page.Count < PageSize)
                yield break;
            after = page[^1].Sequence;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Loop.DisposeAsync();
        await snapshots.DisposeAsync();
    }

    /// <summary>A disk that cannot be asked is no reason to stop the loop.</summary>
    private static string? ProblemOf(DiskRoom? room)
    {
        try
        {
            return room?.Look().Problem;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void Announce(StreamId stream, MachineState state)
    {
        Changes.Announce(stream);
        snapshots.Take(stream, state);
    }
}
