using Towpath.Core;
using Towpath.Engine;
using Towpath.Engine.Journal;
using Towpath.Simulation.Outside;
using Towpath.Simulation.Storage;

namespace Towpath.Simulation;

/// <summary>
/// A server with a clock of its own: gathers what arrives while it writes, minds the deadlines, dies and starts again.
/// What the runner of the loop does with a thread, this does with the agenda.
/// </summary>
internal sealed class SimulatedServer(
    Random random, Agenda agenda, Func<Faults> faults, Marks marks, SimulatedJournal journal, SimulatedOutside outside, SimulatedAgents agents,
    Rules rules, Inspection inspection)
{
    /// <summary>The answer to those whose input is not in the journal, as far as anybody knows.</summary>
    public const string NotStored = "not stored";

    private const int BatchAtMost = 256;

    private readonly List<(Letter Letter, Action<string?>? Answered)> inbox = [];
    private Loop? loop;
    private int life;
    private bool drains;
    private DateTimeOffset busyUntil;
    private DateTimeOffset alarm = DateTimeOffset.MaxValue;
    private TimeSpan skew;

    /// <summary>Inputs that the loop was given: answers, wishes, pushes, deadlines.</summary>
    public int Inputs { get; private set; }

    /// <summary>As the server believes.</summary>
    private DateTimeOffset Now => agenda.Now + skew;

    public MachineState? Read(StreamId stream) => loop?.Read(stream);

    public void Post(StreamId stream, MachineInput input, Action<string?>? answered)
    {
        if (loop is null)
        {
            answered?.Invoke(NotStored);
            return;
        }

        inbox.Add((new Letter(stream, input, answered is null ? null : new TaskCompletionSource<string?>()), answered));
        Drain();
    }

    public void Start()
    {
        var starting = new Loop(journal, outside, rules)
        {
            Restored = (stream, state, _) => journal.Keep(new Snapshot(stream.Text, journal.LastSequence, "", "") { Known = state }),
        };
        journal.Recover();
        try
        {
            loop = starting;
            alarm = DateTimeOffset.MaxValue;
            busyUntil = agenda.Now;
            inspection.Restarting();
            starting.Restore(Now);
            inspection.Compare(starting.Read);
        }
        catch (CrashException)
        {
            marks.Reach(Mark.CrashWhileStarting);
            Die();
            return;
        }

        agents.ServerStarted();
        SetAlarm();
    }

    /// <summary>Everything in memory is gone, and whoever waits for an answer hears nothing.</summary>
    public void Die()
    {
        loop = null;
        life++;
        drains = false;
        outside.ServerDied();
        var waiting = inbox.ToArray();
        inbox.Clear();
        foreach (var (_, answered) in waiting)
            answered?.Invoke(NotStored);
        agenda.In(TimeSpan.FromMilliseconds(random.Next(4) == 0 ? random.Next(600_000) : random.Next(2_000)), Start);
    }

    /// <summary>Somebody sets the clock, wrongly or right again.</summary>
    public void SetClock(TimeSpan wrongBy)
    {
        if (wrongBy != skew)
            marks.Reach(wrongBy < skew ? Mark.ClockJumpedBack : Mark.ClockJumpedForward);
        skew = wrongBy;
        loop?.PlanAgain(Now);
        alarm = DateTimeOffset.MaxValue;
        SetAlarm();
    }

    private void Drain()
    {
        if (drains)
            return;
        drains = true;
        var born = life;
        agenda.At(busyUntil, () =>
        {
            if (life != born)
                return;
            drains = false;
            var taken = inbox.GetRange(0, Math.Min(BatchAtMost, inbox.Count));
            inbox.RemoveRange(0, taken.Count);
            if (taken.Count > 0)
                Take(taken);
            if (life == born && inbox.Count > 0)
                Drain();
        });
    }

    private void Take(List<(Letter Letter, Action<string?>? Answered)> taken)
    {
        Process(taken.ConvertAll(one => one.Letter));
        foreach (var (letter, answered) in taken)
        {
            if (answered is not null)
                answered(letter.Reply!.Task is { IsCompletedSuccessfully: true, Result: var refusal } ? refusal : NotStored);
        }
    }

    private void Process(IReadOnlyList<Letter> letters)
    {
        if (inspection.Violation is not null)
            return;
        Inputs += letters.Count;
        try
        {
            var refusals = journal.Refusals;
            inspection.Before(letters);
            loop!.Process(letters, Now);
            if (journal.Refusals == refusals)
                inspection.After(letters, loop.Read);
            busyUntil = agenda.Now + WriteTime();
            SetAlarm();
        }
        catch (CrashException)
        {
            Die();
        }
        catch (Exception e) when (e is not CrashException)
        {
            inspection.Break($"The core threw {e.GetType().Name}: {e.Message}");
        }
    }

    /// <summary>A sync of a disk takes milliseconds; now and then it takes far longer, and then inputs wait.</summary>
    private TimeSpan WriteTime()
    {
        if (faults().WriteIsSlow <= random.NextDouble())
            return TimeSpan.FromMilliseconds(2);
        marks.Reach(Mark.WriteWasSlow);
        return TimeSpan.FromSeconds(random.Next(1, 120));
    }

    private void SetAlarm()
    {
        if (loop?.NextDeadline is not { } deadline)
            return;
        var at = deadline - skew;
        // After a failure to store, a deadline stays due: pause, as the runner does.
        if (at <= agenda.Now)
            at = Max(agenda.Now + TimeSpan.FromSeconds(1), busyUntil);
        if (alarm <= at && alarm > agenda.Now)
            return;
        alarm = at;
        var born = life;
        agenda.At(at, () =>
        {
            if (life == born && alarm == at)
                Ring();
        });
    }

    private void Ring()
    {
        alarm = DateTimeOffset.MaxValue;
        if (loop!.Due(Now) is { Count: > 0 } due)
        {
            if (loop.NextDeadline < Now - TimeSpan.FromMinutes(1))
                marks.Reach(Mark.DeadlineFiredLate);
            Process(due);
        }

        SetAlarm();
    }

    private static DateTimeOffset Max(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}
