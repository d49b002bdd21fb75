using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Engine;
using Towpath.Engine.Journal;
using Towpath.Simulation.Checkers;
using Towpath.Simulation.Storage;

namespace Towpath.Simulation;

/// <summary>Shows everything that happens to every checker, keeps the books, and remembers the first broken promise.</summary>
internal sealed class Inspection
{
    /// <summary>
    /// After one batch in so many, what is in memory is compared with a replay, which goes on where the last one of the stream ended. To
    /// compare a whole state costs as much as several inputs.
    /// </summary>
    private const int ReplaysOneIn = 200;

    private readonly SimulatedJournal journal;
    private readonly Rules rules;
    private readonly Marks marks;
    private readonly Checker[] checkers;
    private readonly HashSet<string> begun = new(StringComparer.Ordinal);
    private readonly Dictionary<StreamId, (long After, MachineState? State)> replayed = [];
    private bool isRestarting;
    private int batches;
    private int stored;
    private StreamId lastStored;

    public Inspection(SimulatedJournal journal, Rules rules, Marks marks)
    {
        (this.journal, this.rules, this.marks) = (journal, rules, marks);
        checkers = [new MarkSpotter(Books, marks), new GateMarkSpotter(Books, marks), .. Checker.All(Books)];
        journal.Stored = Stored;
    }

    public Books Books { get; } = new();

    /// <summary>The first broken promise; null: none was.</summary>
    public string? Violation { get; private set; }

    /// <summary>Told of every event once the books have it.</summary>
    public Action<Fact>? Happened { get; set; }

    public void Begun(Command command)
    {
        if (!begun.Add(command.Id) && isRestarting)
            marks.Reach(Mark.CommandBegunAgainAfterARestart);
        foreach (var checker in checkers)
            See(checker, checker.OnBegun(command));
    }

    public void Started(AgentCommand command)
    {
        foreach (var checker in checkers)
            See(checker, checker.OnStarted(command));
    }

    public void Answered(string commandId)
    {
        foreach (var checker in checkers)
            See(checker, checker.OnAnswered(commandId));
    }

    public void Restarting() => isRestarting = true;

    public void Before(IReadOnlyList<Letter> letters)
    {
        isRestarting = false;
        stored = 0;
        foreach (var checker in checkers)
            See(checker, checker.Before(letters));
    }

    public void After(IReadOnlyList<Letter> letters, Func<StreamId, MachineState?> read)
    {
        foreach (var checker in checkers)
            See(checker, checker.After(letters, stored));
        if (stored > 0 && ++batches % ReplaysOneIn == 0)
            Compare(lastStored, read);
    }

    /// <summary>What is in memory is what the disk says, for every stream.</summary>
    public void Compare(Func<StreamId, MachineState?> read)
    {
        if (batches++ % 8 != 0)
            return;
        CompareAll(read);
    }

    public void WhileItIsCalm(DateTimeOffset now)
    {
        foreach (var checker in checkers)
            See(checker, checker.WhileItIsCalm(now));
    }

    public void WhenItIsCalm(DateTimeOffset now)
    {
        foreach (var checker in checkers)
            See(checker, checker.WhenItIsCalm(now));
    }

    public void AtTheEnd(Ending ending, Func<StreamId, MachineState?> read)
    {
        if (!journal.KeepsSnapshots)
            replayed.Clear();
        CompareAll(read);
        foreach (var checker in checkers)
            See(checker, checker.AtTheEnd(ending));
    }

    public void Break(string violation) => Violation ??= violation;

    private void Stored(IReadOnlyList<JournalEntry> entries)
    {
        foreach (var entry in entries)
        {
            stored++;
            var fact = Books.Open(entry);
            lastStored = fact.Stream;
            Look(fact);
            if (Violation is not null)
                return;
            Books.Enter(fact);
            Happened?.Invoke(fact);
        }
    }

    private void Look(in Fact fact)
    {
        foreach (var checker in checkers)
        {
            if (checker.Look(fact) is { } broken)
                Break($"{checker.Promise}: {broken} (event {fact.Sequence} of {fact.Stream})");
        }
    }

    /// <summary>Runs that are over are no longer in memory.</summary>
    private void CompareAll(Func<StreamId, MachineState?> read)
    {
        foreach (var page in Books.Pages)
        {
            if (page is not RunPage { IsOver: true })
                Compare(page.Stream, read);
        }
    }

    private void Compare(StreamId stream, Func<StreamId, MachineState?> read)
    {
        var (after, state) = replayed.GetValueOrDefault(stream);
        foreach (var entry in journal.Read(stream.Text, after, int.MaxValue))
        {
            state = rules.Evolve(stream, state, new Recorded<MachineEvent>(entry.Sequence, entry.At, entry.Event!));
            after = entry.Sequence;
        }

        replayed[stream] = (after, state);
        if (!Equals(state, read(stream)))
            Break($"Replay equals the live state: {stream} is something else in memory than on the disk");
    }

    private void See(Checker checker, string? broken)
    {
        if (broken is not null)
            Break($"{checker.Promise}: {broken}");
    }
}
