namespace Towpath.Core;

/// <summary>An event as the journal has it.</summary>
/// <param name="Sequence">Its place among all events of all streams, from 1; 0 while it is only being considered.</param>
/// <param name="At">When it was decided.</param>
public readonly record struct Recorded<TEvent>(long Sequence, DateTimeOffset At, TEvent Event)
{
    /// <summary>The same record with the event's own type.</summary>
    public Recorded<TOther> Of<TOther>(TOther same) => new(Sequence, At, same);
}
