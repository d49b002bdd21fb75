using Towpath.Engine;
using Towpath.Simulation.Checkers;
using Towpath.Simulation.Mutations;
using Towpath.Simulation.Outside;
using Towpath.Simulation.People;
using Towpath.Simulation.Storage;

namespace Towpath.Simulation;

/// <summary>One seed: a storm in which safety is watched, then calm in which everything has to come to an end.</summary>
public sealed class Simulation
{
    /// <summary>Seeds whose events are all written as the product writes them, and read back.</summary>
    private const int ReadsJsonOneIn = 64;

    /// <summary>Seeds whose every start reads every event. The others read on from what the start before came to; all compare that with a replay now and then, and at the end.</summary>
    private const int ReadsAllOneIn = 8;

    private const int InputsAtMost = 100_000;
    private static readonly TimeSpan Storm = TimeSpan.FromHours(12);
    private static readonly TimeSpan HelpComesAfter = TimeSpan.FromHours(20);
    private static readonly TimeSpan Calm = TimeSpan.FromDays(30);

    private readonly Random random;
    private readonly Agenda agenda = new();
    private readonly SimulatedJournal journal;
    private readonly SimulatedTargets targets;
    private readonly SimulatedAgents agents;
    private readonly SimulatedGit git;
    private readonly SimulatedPeople people;
    private readonly SimulatedServer server;
    private readonly Inspection inspection;
    private Faults faults;

    public Simulation(int seed, Mutation? mutation = null)
    {
        random = new Random(seed);
        faults = Faults.Draw(random);
        var rules = (mutation?.Rules ?? Rules.OfFlow) with
        {
            Write = seed % ReadsJsonOneIn == 0 ? EventStore.ThroughJson : EventStore.Sampled,
            Summarize = (_, _) => "",
        };
        var tamper = mutation?.Tamper ?? Tamper.None;
        journal = new SimulatedJournal(random, agenda, () => faults, Marks, tamper) { KeepsSnapshots = seed % ReadsAllOneIn != 0 };
        inspection = new Inspection(journal, rules, Marks);
        targets = new SimulatedTargets(Marks);
        var work = new SimulatedWork(random, () => faults, Marks, targets);
        agents = new SimulatedAgents(random, agenda, () => faults, Marks, work, (stream, input, answered) => server!.Post(stream, input, answered), tamper)
        {
            Started = inspection.Started,
            Answered = inspection.Answered,
        };
        git = new SimulatedGit(random, agenda, () => faults, Marks, (stream, input, answered) => server!.Post(stream, input, answered));
        people = new SimulatedPeople(random, () => agenda.Now, inspection.Books, git, (stream, input, answered) => server!.Post(stream, input, answered));
        work.IsBad = plan => people.IsBad(plan.Commit);
        var ambush = new Ambush(random, agenda, () => faults, people, inspection.Books);
        inspection.Happened = fact =>
        {
            if (fact.Event is Core.Commits.PushSettled settled)
                git.Settled(settled.Id);
            ambush.After(fact);
        };
        var outside = new SimulatedOutside(random, agenda, () => faults, agents, work, git, (stream, input, answered) => server!.Post(stream, input, answered))
        {
            Begun = inspection.Begun,
            Answered = inspection.Answered,
            MayDie = MayDie,
        };
        server = new SimulatedServer(random, agenda, () => faults, Marks, journal, outside, agents, rules, inspection);
    }

    /// <summary>Inputs that the loop was given.</summary>
    public int Inputs => server.Inputs;

    public int Crashes => journal.Crashes;

    public int Events => journal.Log.Count;

    public Marks Marks { get; } = new();

    /// <summary>The first broken promise; null: none was.</summary>
    public string? Violation => inspection.Violation;

    /// <summary>All that was recorded, a line an event.</summary>
    public IReadOnlyList<string> Story => Towpath.Simulation.Story.Tell(journal.Log);

    public void Run()
    {
        server.Start();
        var end = agenda.Now + Storm;
        var pace = random.Next(30, 300);
        for (var at = agenda.Now; at < end; at += TimeSpan.FromSeconds(random.Next(1, pace)))
            agenda.At(at, Act);
        RunUntil(end);

        faults = Faults.None;
        server.SetClock(TimeSpan.Zero);
        server.Die();
        agenda.At(end + HelpComesAfter, () =>
        {
            inspection.WhenItIsCalm(agenda.Now);
            agents.RestartAll();
        });
        for (var hour = 1; hour <= 48; hour++)
            agenda.At(end + TimeSpan.FromHours(hour), () => inspection.WhileItIsCalm(agenda.Now));
        for (var day = 1; day <= 10; day++)
            agenda.At(end + TimeSpan.FromDays(day), people.TidyUp);
        RunUntil(end + Calm);
        if (Violation is null)
            inspection.AtTheEnd(new Ending(targets.TrafficOf, git.Moved), server.Read);
    }

    private void Act()
    {
        people.Act();
        if (random.NextDouble() < faults.ClockJumps)
            server.SetClock(TimeSpan.FromMinutes(random.Next(-60, 61)));
    }

    private void MayDie()
    {
        if (faults.CrashWhileActing <= 0 || random.NextDouble() >= faults.CrashWhileActing)
            return;
        Marks.Reach(Mark.CrashWhileActing);
        journal.Crash();
    }

    private void RunUntil(DateTimeOffset end)
    {
        while (Violation is null && agenda.Step(end))
        {
            if (Inputs > InputsAtMost)
                inspection.Break("Everything ends: the simulation does not come to rest");
        }
    }
}
