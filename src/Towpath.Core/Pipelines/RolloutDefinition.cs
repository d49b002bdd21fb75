namespace Towpath.Core.Pipelines;

/// <summary>How traffic moves to a new version in steps, beside the version that is live.</summary>
/// <param name="Steps">At least one, each with a larger share than the one before.</param>
/// <param name="Sticky">True: a client stays with the version that it got. False: every request is drawn by itself.</param>
/// <param name="Dwell">The least time at each step; only time in which traffic was measured counts.</param>
/// <param name="Longest">The most time at each step; then what is undecided is up to <paramref name="Undecided"/>.</param>
/// <param name="Alpha">The chance, from 0 to 1, that a version which is no worse is taken back, however long it is looked at.</param>
public sealed record RolloutDefinition(
    ValueList<RolloutStep> Steps,
    bool Sticky,
    JudgeKind Judge,
    double Alpha,
    TimeSpan Dwell,
    TimeSpan Longest,
    UndecidedPolicy Undecided)
{
    /// <summary>Those of the file, and those that the judge looks at by itself.</summary>
    public ValueList<MetricDefinition> Metrics { get; init; } = [];

    /// <summary>Whose requests the new version gets all of while it has a share; null: nobody's.</summary>
    public TestersDefinition? Testers { get; init; }

    /// <summary>Only with <see cref="JudgeKind.Kayenta"/>.</summary>
    public KayentaDefinition? Kayenta { get; init; }

    /// <summary>How long measurements were that are judged again with other settings; null: it is not about those.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public TimeSpan? Recorded { get; init; }

    /// <summary>How long traffic is measured at a time. Short rollouts look more often, so that a step has some bins at least.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public TimeSpan Bin => Recorded ?? TimeSpan.FromSeconds(Math.Clamp(Math.Floor(Dwell.TotalSeconds / 6), 1, 10));
}

/// <param name="Share">Of all requests, from 0 to 1, both excluded.</param>
/// <param name="Pause">A person has to let it go on after this step.</param>
public sealed record RolloutStep(double Share, bool Pause);

/// <summary>How the requests of testers are told from others. It protects nothing: whoever sends the value is one.</summary>
/// <param name="Mark">A header's name or a cookie's.</param>
/// <param name="Value">Compared letter by letter.</param>
public sealed record TestersDefinition(TesterMark Mark, string Name, string Value);

public enum TesterMark
{
    Header,
    Cookie,
}

public enum JudgeKind
{
    /// <summary>New and old version are compared by tests that hold under continuous looking.</summary>
    Sequential,

    /// <summary>Only the metrics are held against their limits.</summary>
    Threshold,

    /// <summary>Each metric's values are compared as Kayenta does, once each least time of a step.</summary>
    Kayenta,

    /// <summary>Nothing is compared: a step is over after its least time, unless an instance fails.</summary>
    None,
}

/// <summary>What happens when the longest time of a step has not decided anything.</summary>
public enum UndecidedPolicy
{
    /// <summary>A person decides.</summary>
    Hold,
    RollBack,
}
