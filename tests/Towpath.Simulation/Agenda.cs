namespace Towpath.Simulation;

/// <summary>What happens when: the only source of time and order in a simulation.</summary>
internal sealed class Agenda
{
    private readonly PriorityQueue<Action, (DateTimeOffset At, long Order)> actions = new();
    private long order;

    public DateTimeOffset Now { get; private set; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public int Count => actions.Count;

    public void At(DateTimeOffset at, Action action) => actions.Enqueue(action, (at < Now ? Now : at, order++));

    public void In(TimeSpan delay, Action action) => At(Now + delay, action);

    /// <returns>False when nothing is left before <paramref name="until"/>; the time is then there.</returns>
    public bool Step(DateTimeOffset until)
    {
        if (!actions.TryPeek(out _, out var next) || next.At > until)
        {
            Now = until;
            return false;
        }

        Now = next.At;
        actions.Dequeue()();
        return true;
    }
}
