namespace Towpath.Core;

/// <summary>What a machine makes of an input: events to record, or a refusal that the asker reads. Neither: it was known already.</summary>
/// <param name="Refusal">One sentence that says what to do next; null when the input was taken.</param>
public readonly record struct Decision<TEvent>(ValueList<TEvent> Events, string? Refusal)
{
    public static Decision<TEvent> Nothing { get; } = new(ValueList<TEvent>.Empty, null);

    public static Decision<TEvent> Refuse(string why) => new(ValueList<TEvent>.Empty, why);

    public static implicit operator Decision<TEvent>(ValueList<TEvent> events) => new(events, null);
}
