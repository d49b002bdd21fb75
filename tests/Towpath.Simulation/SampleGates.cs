using Towpath.Core;
using Towpath.Core.Pipelines;

namespace Towpath.Simulation;

/// <summary>Gates as the drawn pipelines have them. Their zones have no summer time: the checkers reckon with a plain offset.</summary>
internal static class SampleGates
{
    /// <summary>A webhook that says neither yes nor no.</summary>
    public const string Silent = "https://silent.example/ask";

    public static readonly string[] People = ["ada", "bob", "eve"];

    /// <summary>Zone to hours before UTC.</summary>
    public static readonly IReadOnlyDictionary<string, double> Zones =
        new Dictionary<string, double>(StringComparer.Ordinal) { ["UTC"] = 0, ["Asia/Tokyo"] = 9, ["America/Phoenix"] = -7, ["Asia/Kolkata"] = 5.5 };

    private static readonly ValueList<DayOfWeek> EveryDay = Enum.GetValues<DayOfWeek>().ToValueList();

    /// <param name="before">How many environments come before: with more than one, soak time is worth looking at.</param>
    public static ValueList<GateDefinition> Draw(Random random, int before)
    {
        var (gates, canSoak) = (new List<GateDefinition>(), before > 0);
        if (before > 1 && random.Next(2) == 0)
            gates.Add(Soak(random));
        for (var count = random.Next(3) == 0 ? 2 : 1; count > 0; count--)
            gates.Add(One(random, canSoak));
        return gates.ToValueList();
    }

    private static GateDefinition One(Random random, bool canSoak)
    {
        var within = TimeSpan.FromMinutes(random.Next(4) == 0 ? random.Next(20, 120) : random.Next(120, 2880));
        return random.Next(canSoak ? 6 : 5) switch
        {
            0 or 1 => Approval(random, within),
            2 => new WindowGate(Windows(random), within),
            3 => new FreezeGate([Period(random)], within),
            4 => new WebhookGate(
                random.Next(4) == 0 ? Silent : "https://change.example/ask", TimeSpan.FromSeconds(random.Next(30, 900)), random.Next(2) == 0, within),
            _ => Soak(random),
        };
    }

    private static SoakGate Soak(Random random) => new(TimeSpan.FromMinutes(random.Next(2, 60)), TimeSpan.FromMinutes(random.Next(61, 600)));

    private static ApprovalGate Approval(Random random, TimeSpan within) => random.Next(3) switch
    {
        0 => new ApprovalGate(2, ValueList<string>.Empty, within),
        1 => new ApprovalGate(1, ["ada", "bob"], within),
        _ => new ApprovalGate(1, ValueList<string>.Empty, within),
    };

    private static ValueList<Window> Windows(Random random) =>
        Enumerable.Range(0, random.Next(1, 3)).Select(_ => Window(random)).ToValueList();

    private static Window Window(Random random)
    {
        var from = TimeSpan.FromMinutes(15 * random.Next(96));
        var until = from + TimeSpan.FromMinutes(15 * random.Next(4, 40));
        var days = random.Next(2) == 0 ? EveryDay : [DayOfWeek.Tuesday, DayOfWeek.Wednesday];
        return new Window(days, from, until >= TimeSpan.FromDays(1) ? until - TimeSpan.FromDays(1) : until, Zone(random));
    }

    private static FreezePeriod Period(Random random)
    {
        var from = new DateTime(2030, 1, 1).AddMinutes(15 * random.Next(-20, 48));
        return new FreezePeriod(from, from.AddMinutes(15 * random.Next(1, 40)), Zone(random));
    }

    private static string Zone(Random random) => Zones.Keys.Order(StringComparer.Ordinal).ElementAt(random.Next(Zones.Count));
}
