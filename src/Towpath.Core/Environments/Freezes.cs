namespace Towpath.Core.Environments;

/// <summary>Freezes that people set on the server: they stop what starts by itself and what people promote, and nothing else.</summary>
public static class Freezes
{
    /// <summary>The longest: a year.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    internal static Decision<EnvironmentEvent> Decide(EnvironmentState state, FreezeEnvironment freeze, DateTimeOffset now)
    {
        if (freeze.Until <= now)
            return Decision<EnvironmentEvent>.Refuse($"{Gates.Text(freeze.Until)} is over: give the freeze an end that is to come.");
        if (freeze.Until <= freeze.From)
            return Decision<EnvironmentEvent>.Refuse("The freeze ends before it begins: give it a later end.");
        if (freeze.Until - now > Longest)
            return Decision<EnvironmentEvent>.Refuse($"A freeze ends within {Longest.TotalDays:0} days: give it an earlier end, or hold the environment.");
        if (state.Freezes.Count(known => known.Until > now) >= Gates.FreezesAtMost)
            return Decision<EnvironmentEvent>.Refuse(
                $"'{state.Name}' has {Gates.FreezesAtMost} freezes already: 'towpath unfreeze --environment {state.Name}' lifts them.");
        return (ValueList<EnvironmentEvent>)[new FreezeSet(freeze.By, freeze.Reason, freeze.From, freeze.Until)];
    }

    internal static Decision<EnvironmentEvent> Decide(EnvironmentState state, UnfreezeEnvironment unfreeze, DateTimeOffset now) =>
        state.Freezes.Any(freeze => freeze.Until > now)
            ? (ValueList<EnvironmentEvent>)[new FreezeLifted(unfreeze.By)]
            : Decision<EnvironmentEvent>.Refuse($"'{state.Name}' is not frozen on the server; what a pipeline file freezes is lifted there.");

    /// <summary>Those that seem to be over stay as long as there is room: the clock may have been wrong.</summary>
    internal static ValueList<Freeze> With(ValueList<Freeze> known, FreezeSet set)
    {
        var kept = known.Count < Gates.FreezesAtMost ? known : known.OrderBy(freeze => freeze.Until).Skip(known.Count + 1 - Gates.FreezesAtMost);
        return kept.Append(new Freeze(set.By, set.Reason, set.From, set.Until)).ToValueList();
    }
}

/// <summary>A time in which nothing starts, set by a person. It ends by itself.</summary>
/// <param name="From">Included.</param>
/// <param name="Until">Excluded.</param>
public sealed record Freeze(string By, string Reason, DateTimeOffset From, DateTimeOffset Until)
{
    public bool Includes(DateTimeOffset moment) => From <= moment && moment < Until;
}
