using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Engine;

namespace Towpath.Simulation.Checkers;

/// <summary>
/// Watches one promise from outside: it sees what is recorded, begun and answered, and reads the books, which know all
/// that was recorded before. Null: all is well.
/// </summary>
internal abstract class Checker(Books books)
{
    public abstract string Promise { get; }

    protected Books Books { get; } = books;

    public static IReadOnlyList<Checker> All(Books books) =>
    [
        new EveryRefUpdateHasOneRun(books), new RecordedBeforeDone(books), new RunsKeepTheirCommit(books), new AttemptsAreCounted(books),
        new OneDeploymentAtATime(books), new PassedBefore(books), new NeverOlderByItself(books), new PeopleArePaidHeed(books),
        new QueueKeepsItsMode(books), new CheckedBeforeTraffic(books), new OverStaysOver(books), new AnswersBelongToTheirCommand(books),
        new NeverStartedTwice(books), new SharesGrowStepByStep(books), new WorseIsTakenBack(books), new NoNumberIsNoVerdict(books),
        new WayBackIsKept(books), new CancelMovesOn(books), new TimeIsGiven(books), new GatesAreKept(books), new EverythingEnds(books),
    ];

    /// <summary>An event is on the disk; the books do not know it yet.</summary>
    public virtual string? Look(in Fact fact) => null;

    /// <summary>The server gives a command.</summary>
    public virtual string? OnBegun(Command command) => null;

    /// <summary>An agent really starts to carry a command out.</summary>
    public virtual string? OnStarted(AgentCommand command) => null;

    /// <summary>A command has its answer, and the answer is on its way.</summary>
    public virtual string? OnAnswered(string commandId) => null;

    /// <summary>The server is about to take a batch of inputs.</summary>
    public virtual string? Before(IReadOnlyList<Letter> letters) => null;

    /// <summary>It took them, and everything that follows is recorded and in the books.</summary>
    /// <param name="stored">How many events came of it.</param>
    public virtual string? After(IReadOnlyList<Letter> letters, int stored) => null;

    /// <summary>Faults have stopped; asked every hour.</summary>
    public virtual string? WhileItIsCalm(DateTimeOffset now) => null;

    /// <summary>Faults have stopped for hours, and nobody has helped what hangs.</summary>
    public virtual string? WhenItIsCalm(DateTimeOffset now) => null;

    public virtual string? AtTheEnd(Ending ending) => null;
}

/// <summary>What is left when everything should have come to an end.</summary>
/// <param name="TrafficOf">Project and environment to the release that gets the requests.</param>
internal sealed record Ending(Func<string, string, string?> TrafficOf, IReadOnlyList<(string Project, string Ref, string Commit)> Moved);
