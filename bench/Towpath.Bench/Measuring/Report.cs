namespace Towpath.Bench.Measuring;

/// <summary>What a verb measured.</summary>
/// <param name="Measurement">The verb.</param>
public sealed record Report(string Measurement, Conditions Conditions, IReadOnlyList<Figure> Figures, IReadOnlyList<Target> Targets)
{
    public bool IsMet => Targets.All(target => target.IsMet);
}

/// <summary>One value of one program.</summary>
/// <param name="Of">The program, or the comparison of two: <c>towpath - bound</c>, <c>towpath / bound</c>.</param>
public sealed record Figure(string What, string Of, string Unit, Sample Sample)
{
    /// <summary>Compares the two of each pair, and not the medians: what slows both down in one moment cancels out.</summary>
    public static IEnumerable<Figure> Compare(string what, string unit, IReadOnlyList<Pair> pairs, bool asRatio, string bound = "bound") =>
    [
        new(what, "towpath", unit, Sample.Of(pairs.Select(pair => pair.Towpath))),
        new(what, bound, unit, Sample.Of(pairs.Select(pair => pair.Bound))),
        asRatio
            ? new(what, $"towpath / {bound}", "x", Sample.Of(pairs.Select(pair => pair.Towpath / pair.Bound)))
            : new(what, $"towpath - {bound}", unit, Sample.Of(pairs.Select(pair => pair.Towpath - pair.Bound))),
    ];
}

/// <summary>Measured right after one another, or at the same time.</summary>
public readonly record struct Pair(double Towpath, double Bound);

/// <param name="Limit">A value that is as good as this or better is good enough.</param>
/// <param name="IsFloor">True when more is better.</param>
public sealed record Target(string What, string Unit, double Measured, double Limit, bool IsFloor = false)
{
    public bool IsMet => IsFloor ? Measured >= Limit : Measured <= Limit;
}
