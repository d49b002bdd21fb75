using Towpath.Core;
using Towpath.Core.Environments;
using Towpath.Engine;
using Towpath.Engine.Journal;
using Towpath.Simulation.Checkers;

namespace Towpath.Simulation;

/// <summary>One seed: a storm in which safety is watched, then calm in which everything has to come to an end.</summary>
public sealed class Simulation
{
    private static readonly TimeSpan Storm = TimeSpan.FromHours(12);
    private const string NotStored = "not stored";
    private const int InputsAtMost = 100_000;
    private static readonly TimeSpan Calm = TimeSpan.FromDays(30);

    private readonly Random random;
    private readonly Agenda agenda = new();
    private readonly SimulatedJournal journal;
    private readonly SimulatedOutside outside;
    private readonly SimulatedPeople people;
    private readonly Rules rules;
    private readonly IReadOnlyList<Checker> checkers;
    private Faults faults;
    private Loop loop;
    private DateTimeOffset? alarm;

    public Simulation(int seed, Mutation? mutation = null)
    {
        random = new Random(seed);
        faults = Faults.Draw(random);
        rules = mutation?.Rules ?? Rules.OfFlow;
        journal = new SimulatedJournal(random, () => faults) { Swallows = mutation?.Swallows ?? (_ => false) };
        outside = new SimulatedOutside(random, agenda, () => faults, Repeat);
        people = new SimulatedPeople(random, agenda, () => faults, outside, Post);
        checkers = Checker.All();
        journal.Stored = entries => Watch(checker => checker.OnStored(entries));
        outside.Begun = command => Watch(checker => checker.OnBegun(command, journal));
        outside.Answered = commandId => Watch(checker => checker.OnAnswered(commandId));
        loop = new Loop(journal, outside, rules);
    }

    /// <summary>Inputs that the loop was given.</summary>
    public int Inputs { get; private set; }

    public int Crashes => journal.Crashes;

    /// <summary>The first broken promise; null: none was.</summary>
    public string? Violation { get; private set; }

    public IReadOnlyList<string> Story { get; private set; } = [];

    public void Run()
    {
        var end = agenda.Now + Storm;
        for (var at = agenda.Now; at < end; at += TimeSpan.FromSeconds(random.Next(1, 1200)))
            agenda.At(at, people.Act);
        RunUntil(end);

        faults = Faults.None;
        Restart();
        for (var day = 1; day <= 10; day++)
            agenda.At(end + TimeSpan.FromDays(day), () => people.TidyUp((project, name) => loop.Read(StreamId.OfEnvironment(project, name)) as EnvironmentState));
        RunUntil(end + Calm);
        Watch(checker => checker.AtTheEnd(new Ending(journal, rules, outside.Traffic, people.Moved)));
    }

    private void RunUntil(DateTimeOffset end)
    {
        while (Violation is null && agenda.Step(end))
        {
        }
    }

    private void Post(StreamId stream, MachineInput input, Action<string?>? answered)
    {
        var reply = new TaskCompletionSource<string?>();
        Take([new Letter(stream, input, reply)]);
        if (!reply.Task.IsCompleted)
            return;
        answered?.Invoke(reply.Task.IsFaulted ? NotStored : reply.Task.Result);
    }

    /// <summary>As agents do: an answer that was not stored is given again.</summary>
    private void Repeat(StreamId stream, MachineInput input) => Post(stream, input, refusal =>
    {
        if (refusal == NotStored)
            agenda.In(TimeSpan.FromSeconds(10), () => Repeat(stream, input));
    });

    private void Take(IReadOnlyList<Letter> letters)
    {
        if (Violation is not null)
            return;
        Inputs += letters.Count;
        if (Inputs > InputsAtMost)
            Break("Everything ends: the simulation does not come to rest");
        try
        {
            loop.Process(letters, agenda.Now);
            SetAlarm();
        }
        catch (CrashException)
        {
            Restart();
        }
        catch (Exception e) when (e is not CrashException)
        {
            Break($"The core threw {e.GetType().Name}: {e.Message}");
        }
    }

    /// <summary>A new server over the same disk; the world outside went on.</summary>
    private void Restart()
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                loop = new Loop(journal, outside, rules);
                loop.Restore(agenda.Now);
                SetAlarm();
                return;
            }
            catch (CrashException) when (tries < 1000)
            {
                // It died again while it started.
            }
        }
    }

    private void SetAlarm()
    {
        if (loop.NextDeadline is not { } next || (alarm is { } set && set <= next && set > agenda.Now))
            return;
        var at = next > agenda.Now ? next : agenda.Now + TimeSpan.FromSeconds(1);
        alarm = at;
        agenda.At(at, () =>
        {
            if (alarm != at)
                return;
            alarm = null;
            if (loop.Due(agenda.Now) is { Count: > 0 } due)
                Take(due);
            SetAlarm();
        });
    }

    private void Watch(Func<Checker, string?> look)
    {
        foreach (var checker in checkers)
        {
            if (look(checker) is { } broken)
                Break($"{checker.Promise}: {broken}");
        }
    }

    private void Break(string violation)
    {
        if (Violation is not null)
            return;
        Violation = violation;
        Story = Towpath.Simulation.Story.Tell(journal);
    }
}

/// <summary>What is left when everything should have come to an end.</summary>
public sealed record Ending(
    IJournal Journal,
    Rules Rules,
    IReadOnlyDictionary<string, string?> Traffic,
    IReadOnlyList<(string Project, string Ref, string Commit)> Moved);
