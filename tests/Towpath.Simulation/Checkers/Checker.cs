using System.Text.Json;
using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Runs;
using Towpath.Engine.Journal;

namespace Towpath.Simulation.Checkers;

/// <summary>Watches one promise from outside: it sees what is recorded and what is begun, and keeps its own books. Null: all is well.</summary>
public abstract class Checker
{
    public abstract string Promise { get; }

    public static IReadOnlyList<Checker> All() =>
    [
        new EveryRefUpdateHasOneRun(), new RecordedBeforeDone(), new RunsKeepTheirCommit(), new OneDeploymentAtATime(), new PassedBefore(),
        new NeverOlderByItself(), new PeopleArePaidHeed(), new TerminalStaysTerminal(), new CheckedBeforeTraffic(), new AnswersBelongToTheirCommand(), new EverythingEnds(),
    ];

    public virtual string? OnStored(IReadOnlyList<JournalEntry> entries)
    {
        foreach (var entry in entries)
        {
            if (OnStored(StreamId.Parse(entry.Stream), EventIn(entry)) is { } broken)
                return $"{broken} (event {entry.Sequence} of {entry.Stream})";
        }

        return null;
    }

    public virtual string? OnBegun(Command command, IJournal journal) => null;

    public virtual string? OnAnswered(string commandId) => null;

    public virtual string? AtTheEnd(Ending ending) => null;

    protected virtual string? OnStored(StreamId stream, MachineEvent stored) => null;

    private static MachineEvent EventIn(JournalEntry entry)
    {
        var stream = StreamId.Parse(entry.Stream);
        return stream.Run is not null ? JsonSerializer.Deserialize<RunEvent>(entry.Data, CoreJson.Options)!
            : stream.Environment is not null ? JsonSerializer.Deserialize<EnvironmentEvent>(entry.Data, CoreJson.Options)!
            : JsonSerializer.Deserialize<ProjectEvent>(entry.Data, CoreJson.Options)!;
    }

    /// <summary>What the disk says a stream's state is.</summary>
    protected static MachineState? Replay(IJournal journal, StreamId stream)
    {
        MachineState? state = null;
        foreach (var entry in journal.Read(stream.Text))
            state = Flow.Evolve(stream, state, new Recorded<MachineEvent>(entry.Sequence, entry.At, EventIn(entry)));
        return state;
    }
}
