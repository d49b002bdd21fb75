namespace Towpath.Simulation;

/// <summary>What happens when: the only source of time and order in a simulation.</summary>
internal sealed class Agenda
{
    private readonly PriorityQueue<Action, Moment> actions = new();
    private long order;

    /// <summary>The time outside; the server's own clock may be wrong.</summary>
    public DateTimeOffset Now { get; private set; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public void At(DateTimeOffset at, Action action) => actions.Enqueue(action, new Moment((at < Now ? Now : at).UtcTicks, order++));

    public void In(TimeSpan delay, Action action) => At(Now + delay, action);

    /// <returns>False when nothing is left before <paramref name="until"/>; the time is then there.</returns>
    public bool Step(DateTimeOffset until)
    {
        if (!actions.TryPeek(out _, out var next) || next.Ticks > until.UtcTicks)
        {
            Now = until;
            return false;
        }

        Now = new DateTimeOffset(next.Ticks, TimeSpan.Zero);
        actions.Dequeue()();
        return true;
    }

    private readonly record struct Moment(long Ticks, long Order) : IComparable<Moment>
    {
        public int CompareTo(Moment other) => Ticks != other.Ticks ? Ticks.CompareTo(other.Ticks) : Order.CompareTo(other.Order);
    }
}
