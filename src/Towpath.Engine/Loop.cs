using System.Collections.Concurrent;
using Towpath.Core;
using Towpath.Engine.Journal;
using Towpath.Engine.Views;
using Towpath.Protocol.Failpoints;

namespace Towpath.Engine;

/// <summary>
/// One writer for everything: input ─► decide ─► append ─► evolve ─► act. Inputs that arrive together are appended
/// together, with one fsync. Nothing is done outside before it is in the journal; what should be in flight is asked of
/// the machines again after a restart.
/// </summary>
/// <remarks>Not thread-safe but for <see cref="Read"/>: <see cref="LoopRunner"/> calls it from one thread, the simulator from its own.</remarks>
public sealed class Loop(IJournal journal, IAdapters adapters, Rules rules)
{
    private static readonly HashSet<string> NothingInFlight = [];

    private readonly IJournal journal = journal;
    private readonly Rules rules = rules;
    private readonly Replay replay = new(journal, rules);
    private readonly ConcurrentDictionary<StreamId, MachineState> states = [];
    private readonly Dictionary<StreamId, HashSet<string>> inFlight = [];
    private readonly SortedSet<(DateTimeOffset At, string Stream)> deadlines = [];
    private readonly Dictionary<StreamId, DateTimeOffset> deadlineOf = [];

    /// <summary>The earliest moment at which a machine wants to be asked; null: none does.</summary>
    public DateTimeOffset? NextDeadline => deadlines.Count == 0 ? null : deadlines.Min.At;

    /// <summary>Something outside is asked for and not answered.</summary>
    public bool IsUnderWay => inFlight.Count > 0;

    /// <summary>Called with every stream that changed, after the change is in the journal.</summary>
    public Action<StreamId, MachineState>? Changed { get; set; }

    /// <summary>Hears of a bug met while acting on what is in the journal already; null: it is thrown.</summary>
    public Action<StreamId, Exception>? Failed { get; set; }

    /// <summary>Called for every stream that is read at the start, with the number of events that this took.</summary>
    public Action<StreamId, MachineState, int>? Restored { get; set; }

    /// <summary>Streams that are read at the same time at the start.</summary>
    public int ReadersAtStart { get; init; } = 1;

    /// <summary>Replays what is active and begins again what should be in flight. Beginning is idempotent, so this may follow a crash anywhere.</summary>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    public void Restore(DateTimeOffset now)
    {
        var active = journal.ActiveStreams().Select(StreamId.Parse).ToList();
        foreach (var (stream, replayed) in active.Zip(ReplayAll(active)))
        {
            if (replayed.State is not { } state)
                continue;
            states[stream] = state;
            Restored?.Invoke(stream, state, replayed.Events);
        }

        foreach (var stream in active.Where(states.ContainsKey))
            Act(stream, states[stream], now);
        Process([.. active.Select(stream => new Letter(stream, null, null))], now);
    }

    /// <summary>The state of a stream as the journal has it; null when there is no such stream.</summary>
    public MachineState? Read(StreamId stream) => states.GetValueOrDefault(stream) ?? replay.Of(stream).State;

    /// <summary>Takes a batch of inputs: all that follows is one transaction. Every letter gets its answer.</summary>
    /// <param name="now">May go back when the wall clock is set back; the machines stand it.</param>
    public void Process(IReadOnlyList<Letter> letters, DateTimeOffset now)
    {
        var batch = new Batch(this, now);
        var answers = new List<(Letter Letter, string? Refusal)>();
        try
        {
            foreach (var letter in letters)
            {
                answers.Add((letter, letter.Input is { } input ? batch.Take(letter.Stream, input) : batch.Touch(letter.Stream)));
                // Before the next one is looked at: it may start what this one has just taken back elsewhere.
                batch.Deliver();
            }

            if (batch.Entries.Count > 0)
            {
                Failpoint.Cross("journal.appending");
                journal.Append(batch.Entries, [.. batch.Changed.Select(pair => Summary(pair.Key, pair.Value, now))]);
                Failpoint.Cross("journal.appended");
            }
        }
        catch (JournalException e)
        {
            foreach (var letter in letters)
                letter.Fail(e);
            return;
        }

        foreach (var (stream, state) in batch.Changed)
        {
            if (Flow.IsActive(state))
                states[stream] = state;
            else
                states.TryRemove(stream, out _);
        }

        foreach (var (stream, state) in batch.Changed)
        {
            try
            {
                Act(stream, state, now);
                Failpoint.Cross("journal.acted");
                Changed?.Invoke(stream, state);
            }
            catch (Exception e) when (Failed is not null)
            {
                // It is in the journal: whoever took this for a refusal would store it twice.
                Failed(stream, e);
            }
        }

        // Who was asked and did nothing wants to be asked again at another time.
        foreach (var (letter, _) in answers)
        {
            if (!batch.Changed.ContainsKey(letter.Stream) && states.TryGetValue(letter.Stream, out var same))
                SetDeadline(letter.Stream, rules.NextDeadline(same, now));
        }

        foreach (var (letter, refusal) in answers)
            letter.Answer(refusal);
        if (batch.Entries.Count > 0)
            Failpoint.Cross("journal.answered");
    }

    /// <summary>Letters for every machine whose deadline has passed.</summary>
    public IReadOnlyList<Letter> Due(DateTimeOffset now) =>
        [.. deadlines.TakeWhile(deadline => deadline.At <= now).Select(deadline => StreamId.Parse(deadline.Stream)).Select(stream => new Letter(stream, rules.Clock(stream), null))];

    /// <summary>Letters that let every project look at its schedules: a clock that was wrong may have planned them.</summary>
    public IReadOnlyList<Letter> Schedules() =>
        [.. states.Keys.Where(stream => stream is { Run: null, Environment: null }).Select(stream => new Letter(stream, rules.Clock(stream), null))];

    /// <summary>The clock went back: what environments wait for may come earlier than it seemed.</summary>
    public void PlanAgain(DateTimeOffset now)
    {
        foreach (var (stream, state) in states)
        {
            if (stream.Environment is not null)
                SetDeadline(stream, rules.NextDeadline(state, now));
        }
    }

    private IReadOnlyList<Replayed> ReplayAll(IReadOnlyList<StreamId> streams)
    {
        if (ReadersAtStart == 1)
            return [.. streams.Select(replay.Of)];
        try
        {
            return [.. streams.AsParallel().AsOrdered().WithDegreeOfParallelism(ReadersAtStart).Select(replay.Of)];
        }
        catch (AggregateException e) when (e.InnerExceptions.OfType<JournalException>().FirstOrDefault() is { } first)
        {
            throw new JournalException(first.Message, first);
        }
    }

    private StreamUpdate Summary(StreamId stream, MachineState state, DateTimeOffset now) =>
        new(stream.Text, Flow.IsActive(state), rules.Summarize(state, now));

    /// <summary>What is pending and not in flight is begun; what is in flight and not pending any more is called off.</summary>
    private void Act(StreamId stream, MachineState state, DateTimeOffset now)
    {
        var pending = rules.Pending(state).ToList();
        SetDeadline(stream, rules.NextDeadline(state, now));
        var before = inFlight.GetValueOrDefault(stream) ?? NothingInFlight;
        if (!IsSame(before, pending))
            Change(stream, before, pending);
    }

    private static bool IsSame(HashSet<string> before, List<Command> pending) =>
        pending.Count == before.Count && pending.TrueForAll(command => before.Contains(command.Id));

    private void Change(StreamId stream, HashSet<string> before, List<Command> pending)
    {
        var after = new HashSet<string>(pending.Count, StringComparer.Ordinal);
        foreach (var command in pending)
            after.Add(command.Id);
        if (after.Count > 0)
            inFlight[stream] = after;
        else
            inFlight.Remove(stream);
        foreach (var gone in before)
        {
            if (!after.Contains(gone))
                adapters.Cancel(gone);
        }

        foreach (var command in pending)
        {
            if (!before.Contains(command.Id))
                adapters.Begin(command);
        }
    }

    private void SetDeadline(StreamId stream, DateTimeOffset? deadline)
    {
        if (deadlineOf.TryGetValue(stream, out var old))
        {
            if (old == deadline)
                return;
            deadlineOf.Remove(stream);
            deadlines.Remove((old, stream.Text));
        }

        if (deadline is not { } next)
            return;
        deadlineOf[stream] = next;
        deadlines.Add((next, stream.Text));
    }

    /// <summary>What a batch of inputs comes to, before any of it is real.</summary>
    private sealed class Batch(Loop loop, DateTimeOffset now)
    {
        private readonly Queue<StreamId> toDeliver = [];
        private long sequence = loop.journal.LastSequence;

        public List<JournalEntry> Entries { get; } = [];

        public Dictionary<StreamId, MachineState> Changed { get; } = [];

        public string? Touch(StreamId stream)
        {
            toDeliver.Enqueue(stream);
            return null;
        }

        /// <returns>Null, or why the input was refused.</returns>
        public string? Take(StreamId stream, MachineInput input)
        {
            var state = Current(stream);
            var decision = loop.rules.Decide(stream, state, input, now);
            foreach (var decided in decision.Events)
            {
                var recorded = new Recorded<MachineEvent>(++sequence, now, decided);
                state = loop.rules.Evolve(stream, state, recorded);
                Entries.Add(loop.rules.Write(stream, recorded));
            }

            if (decision.Events.Count > 0)
            {
                Changed[stream] = state!;
                toDeliver.Enqueue(stream);
            }

            return decision.Refusal;
        }

        /// <summary>Carries news between machines until there is none: in the same transaction, so that nobody sees half of it.</summary>
        public void Deliver()
        {
            while (toDeliver.TryDequeue(out var giver))
            {
                if (Current(giver) is not { } state)
                    continue;
                foreach (var delivery in loop.rules.Deliveries(state))
                {
                    if (delivery.IsForActive && !IsInMemory(delivery.To))
                        continue;
                    Take(delivery.To, delivery.Input);
                    if (delivery.Receipt is { } receipt)
                        Take(giver, receipt);
                }
            }
        }

        private bool IsInMemory(StreamId stream) => Changed.ContainsKey(stream) || loop.states.ContainsKey(stream);

        private MachineState? Current(StreamId stream) => Changed.GetValueOrDefault(stream) ?? loop.Read(stream);
    }
}
